/** What drivers are told, in their language: pure functions of prices. */
export { costInWords } from './cost.ts';
export { LANGUAGES, pickLanguage, type Language } from './language.ts';
export { tariffInWords } from './tariff.ts';
