/** How it stands with the building's message broker. */
export interface BrokerView {
  url: string;
  connected: boolean;
  /** Sessions and bill lines that it is still to be told. */
  waiting: number;
  /** Those that were left out since the gateway started. */
  skipped: number;
}
