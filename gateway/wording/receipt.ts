import { pickLanguage } from './language.ts';

/** What a receipt says, in one language. */
export interface ReceiptWords {
  /** Between whole numbers and decimals. */
  point: '.' | ',';
  title: string;
  creditTitle: string;
  correctedTitle: string;
  number: string;
  issued: string;
  creditOf: string;
  corrects: string;
  operator: string;
  site: string;
  chargePoint: string;
  contract: string;
  card: string;
  start: string;
  end: string;
  duration: string;
  notCharging: string;
  energy: string;
  meterStart: string;
  meterStop: string;
  tariff: string;
  item: string;
  net: string;
  tax: string;
  gross: string;
  fee: string;
  time: string;
  parking: string;
  reservation: string;
  booking: string;
  overtime: string;
  /** Before step rounding: `measured 2.4 h`. */
  measured: string;
  minimum: string;
  maximum: string;
  rounding: string;
  subtotal: string;
  total: string;
  /** What a tax without a name is called. */
  vat: string;
  free: string;
  remark: string;
  signed: string;
  unsigned: string;
  signedHelp: string;
}

export const RECEIPT_LANGUAGES = ['en', 'de', 'fr', 'nl', 'sv'] as const;
export type ReceiptLanguage = (typeof RECEIPT_LANGUAGES)[number];

const en: ReceiptWords = {
  point: '.',
  title: 'Charging receipt',
  creditTitle: 'Credit note',
  correctedTitle: 'Corrected charging receipt',
  number: 'Receipt number',
  issued: 'Issued',
  creditOf: 'Takes back receipt',
  corrects: 'In place of receipt',
  operator: 'Operator',
  site: 'Site',
  chargePoint: 'Charging point',
  contract: 'Contract',
  card: 'Card',
  start: 'Start',
  end: 'End',
  duration: 'Duration',
  notCharging: 'of which without charging',
  energy: 'Energy',
  meterStart: 'Meter at start',
  meterStop: 'Meter at end',
  tariff: 'Tariff',
  item: 'Item',
  net: 'Net',
  tax: 'Tax',
  gross: 'Gross',
  fee: 'Fixed fee',
  time: 'Time',
  parking: 'Time without charging',
  reservation: 'Reservation',
  booking: 'Booking',
  overtime: 'Overtime',
  measured: 'measured',
  minimum: 'Up to the minimum price',
  maximum: 'Down to the maximum price',
  rounding: 'Rounding',
  subtotal: 'Total before tax',
  total: 'Total',
  vat: 'VAT',
  free: 'Free of charge',
  remark: 'Remark',
  signed: 'Signed meter readings',
  unsigned: 'The meter of this charging point did not sign its readings.',
  signedHelp: 'To check with transparency software: copy each reading whole, to the letter.',
};

const de: ReceiptWords = {
  point: ',',
  title: 'Ladebeleg',
  creditTitle: 'Gutschrift',
  correctedTitle: 'Korrigierter Ladebeleg',
  number: 'Belegnummer',
  issued: 'Ausgestellt',
  creditOf: 'Storniert Beleg',
  corrects: 'Ersetzt Beleg',
  operator: 'Betreiber',
  site: 'Standort',
  chargePoint: 'Ladepunkt',
  contract: 'Vertrag',
  card: 'Karte',
  start: 'Beginn',
  end: 'Ende',
  duration: 'Dauer',
  notCharging: 'davon ohne Laden',
  energy: 'Energie',
  meterStart: 'Zählerstand zu Beginn',
  meterStop: 'Zählerstand am Ende',
  tariff: 'Tarif',
  item: 'Position',
  net: 'Netto',
  tax: 'Steuer',
  gross: 'Brutto',
  fee: 'Feste Gebühr',
  time: 'Zeit',
  parking: 'Zeit ohne Laden',
  reservation: 'Reservierung',
  booking: 'Buchung',
  overtime: 'Überzogene Zeit',
  measured: 'gemessen',
  minimum: 'Bis zum Mindestpreis',
  maximum: 'Bis zum Höchstpreis',
  rounding: 'Rundung',
  subtotal: 'Summe vor Steuern',
  total: 'Gesamtbetrag',
  vat: 'MwSt.',
  free: 'Kostenlos',
  remark: 'Bemerkung',
  signed: 'Signierte Messwerte',
  unsigned: 'Der Zähler dieses Ladepunkts hat seine Messwerte nicht signiert.',
  signedHelp: 'Zur Prüfung mit Transparenzsoftware: jeden Messwert vollständig und unverändert kopieren.',
};

const fr: ReceiptWords = {
  point: ',',
  title: 'Reçu de recharge',
  creditTitle: 'Avoir',
  correctedTitle: 'Reçu de recharge rectifié',
  number: 'Numéro du reçu',
  issued: 'Établi le',
  creditOf: 'Annule le reçu',
  corrects: 'Remplace le reçu',
  operator: 'Exploitant',
  site: 'Site',
  chargePoint: 'Point de recharge',
  contract: 'Contrat',
  card: 'Carte',
  start: 'Début',
  end: 'Fin',
  duration: 'Durée',
  notCharging: 'dont sans recharge',
  energy: 'Énergie',
  meterStart: 'Compteur au début',
  meterStop: 'Compteur à la fin',
  tariff: 'Tarif',
  item: 'Poste',
  net: 'HT',
  tax: 'Taxe',
  gross: 'TTC',
  fee: 'Forfait',
  time: 'Temps',
  parking: 'Temps sans recharge',
  reservation: 'Réservation',
  booking: 'Réservation anticipée',
  overtime: 'Dépassement',
  measured: 'mesuré',
  minimum: 'Jusqu’au prix minimum',
  maximum: 'Jusqu’au prix maximum',
  rounding: 'Arrondi',
  subtotal: 'Total hors taxes',
  total: 'Total',
  vat: 'TVA',
  free: 'Gratuit',
  remark: 'Remarque',
  signed: 'Relevés signés du compteur',
  unsigned: 'Le compteur de ce point de recharge n’a pas signé ses relevés.',
  signedHelp: 'Pour vérifier avec un logiciel de transparence : copier chaque relevé en entier, sans rien changer.',
};

const nl: ReceiptWords = {
  point: ',',
  title: 'Laadbon',
  creditTitle: 'Creditnota',
  correctedTitle: 'Gecorrigeerde laadbon',
  number: 'Bonnummer',
  issued: 'Opgemaakt',
  creditOf: 'Crediteert bon',
  corrects: 'Vervangt bon',
  operator: 'Exploitant',
  site: 'Locatie',
  chargePoint: 'Laadpunt',
  contract: 'Contract',
  card: 'Pas',
  start: 'Begin',
  end: 'Einde',
  duration: 'Duur',
  notCharging: 'waarvan zonder laden',
  energy: 'Energie',
  meterStart: 'Meterstand aan het begin',
  meterStop: 'Meterstand aan het einde',
  tariff: 'Tarief',
  item: 'Post',
  net: 'Netto',
  tax: 'Belasting',
  gross: 'Bruto',
  fee: 'Vast bedrag',
  time: 'Tijd',
  parking: 'Tijd zonder laden',
  reservation: 'Reservering',
  booking: 'Boeking',
  overtime: 'Overschrijding',
  measured: 'gemeten',
  minimum: 'Tot de minimumprijs',
  maximum: 'Tot de maximumprijs',
  rounding: 'Afronding',
  subtotal: 'Totaal vóór belasting',
  total: 'Totaal',
  vat: 'btw',
  free: 'Gratis',
  remark: 'Opmerking',
  signed: 'Ondertekende meterstanden',
  unsigned: 'De meter van dit laadpunt heeft zijn standen niet ondertekend.',
  signedHelp: 'Om te controleren met transparantiesoftware: kopieer elke meting volledig en ongewijzigd.',
};

const sv: ReceiptWords = {
  point: ',',
  title: 'Laddkvitto',
  creditTitle: 'Kreditnota',
  correctedTitle: 'Rättat laddkvitto',
  number: 'Kvittonummer',
  issued: 'Utfärdat',
  creditOf: 'Krediterar kvitto',
  corrects: 'Ersätter kvitto',
  operator: 'Operatör',
  site: 'Plats',
  chargePoint: 'Laddpunkt',
  contract: 'Avtal',
  card: 'Kort',
  start: 'Start',
  end: 'Slut',
  duration: 'Tid i allt',
  notCharging: 'varav utan laddning',
  energy: 'Energi',
  meterStart: 'Mätarställning vid start',
  meterStop: 'Mätarställning vid slut',
  tariff: 'Taxa',
  item: 'Post',
  net: 'Netto',
  tax: 'Skatt',
  gross: 'Brutto',
  fee: 'Fast avgift',
  time: 'Tid',
  parking: 'Tid utan laddning',
  reservation: 'Reservation',
  booking: 'Bokning',
  overtime: 'Övertid',
  measured: 'uppmätt',
  minimum: 'Upp till lägsta pris',
  maximum: 'Ned till högsta pris',
  rounding: 'Avrundning',
  subtotal: 'Summa före skatt',
  total: 'Summa',
  vat: 'moms',
  free: 'Gratis',
  remark: 'Anmärkning',
  signed: 'Signerade mätvärden',
  unsigned: 'Laddpunktens mätare har inte signerat sina mätvärden.',
  signedHelp: 'För kontroll med transparensprogram: kopiera varje mätvärde helt och oförändrat.',
};

const RECEIPT_WORDS: Record<ReceiptLanguage, ReceiptWords> = { en, de, fr, nl, sv };

/** The words in the language that was asked for (`de`, `de-AT`), or English where there are none in it. */
export function receiptWords(asked: string): { language: ReceiptLanguage; words: ReceiptWords } {
  const language = pickLanguage(asked, RECEIPT_LANGUAGES);
  return { language, words: RECEIPT_WORDS[language] };
}
