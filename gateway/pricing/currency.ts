/** Currencies whose minor unit is not a hundredth, by ISO 4217. ICU's own figures follow custom, not the standard (RSD, COP…). */
const EXPONENTS = new Map<string, number>([
  ...'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF'
    .split(' ')
    .map((code): [string, number] => [code, 0]),
  ...'BHD IQD JOD KWD LYD OMR TND'.split(' ').map((code): [string, number] => [code, 3]),
]);

const CURRENCIES = new Set(Intl.supportedValuesOf('currency'));

/** Is it a currency in use, as an ISO 4217 code in capitals? */
export function isCurrency(code: string): boolean {
  return CURRENCIES.has(code);
}

/** Decimals of the currency's minor unit by ISO 4217: 2 for EUR, 0 for JPY, 3 for KWD. 2 for a code it does not know. */
export function currencyExponent(code: string): number {
  return EXPONENTS.get(code) ?? 2;
}
