/** What the gateway wants to be told while somebody charges, the most important first; named alike in all versions. */
export const WANTED_MEASURANDS = [
  'Energy.Active.Import.Register',
  'Power.Active.Import',
  'Current.Import',
  'SoC',
  'Voltage',
  'Current.Offered',
];
