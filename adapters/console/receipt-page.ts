import { createHash } from 'node:crypto';
import { toUtc } from '../../gateway/domain/time.ts';
import type { Fact, Receipt, ReceiptRow } from '../../gateway/receipts.ts';

const STYLE = `
:root { color-scheme: light; font: 15px/1.45 system-ui, sans-serif; color: #1a1f24; background: #fff; }
body { max-width: 46rem; margin: 2rem auto; padding: 0 1.2rem; }
header { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 2rem; border-bottom: 2px solid; }
h1 { font-size: 1.5rem; margin: 0 0 .4rem; }
header p { margin: .4rem 0; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1.4rem; margin: 1.2rem 0; }
dt { color: #57606a; }
dd { margin: 0; overflow-wrap: anywhere; }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .35rem .5rem .35rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid #d0d7de; }
th { color: #57606a; font-weight: 500; }
.n { text-align: right; white-space: nowrap; padding-right: 0; padding-left: .6rem; }
tfoot td { border: 0; }
tfoot tr:last-child td { font-weight: 700; font-size: 1.1rem; border-top: 2px solid; }
.free { font-weight: 700; }
.signed { margin-top: 1.6rem; color: #57606a; font-size: .87rem; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; border: 1px solid #d0d7de; padding: .6rem; color: #1a1f24; }
small { color: #57606a; overflow-wrap: anywhere; }
@media (max-width: 34rem) { th, td { padding-right: .2rem; } .n { padding-left: .3rem; } dl { grid-template-columns: 1fr; } dd { margin-bottom: .4rem; } }
@page { margin: 16mm; }
@media print { body { margin: 0; max-width: none; padding: 0; } tr { break-inside: avoid; } }
`;

/** Nothing is loaded and nothing runs; only this very style applies. */
export const RECEIPT_POLICY = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

/** A receipt as a page of its own, to print or keep. */
export function receiptPage({ language, words, title, operator, facts, rows, totals, ...rest }: Receipt): string {
  const number = facts[0]?.value ?? '';
  const headings = [words.item, words.net, words.tax, words.gross];
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)} ${escape(number)}</title>
<style>${STYLE}</style>
</head>
<body>
<header><h1>${escape(title)}</h1><p><strong>${escape(operator.name)}</strong>${operator.website === null ? '' : `<br>${escape(operator.website)}`}</p></header>
<dl>${facts.map(fact).join('')}</dl>
<table>
<thead><tr>${headings.map((heading, index) => `<th${index === 0 ? '' : NUMBER}>${escape(heading)}</th>`).join('')}</tr></thead>
<tbody>${rest.isFree ? `<tr><td class="free" colspan="4">${escape(words.free)}</td></tr>` : ''}${rows.map(rowOf).join('')}</tbody>
<tfoot>${totals.map(({ label, value }) => `<tr><td colspan="2">${escape(label)}</td><td class="n" colspan="2">${escape(value)}</td></tr>`).join('')}</tfoot>
</table>
${rest.remark === null ? '' : `<p>${escape(words.remark)}: ${escape(rest.remark)}</p>`}
${signedBlock(words, rest.signed)}
</body>
</html>
`;
}

const NUMBER = ' class="n"';

function rowOf({ item, calculation, net, tax, gross }: ReceiptRow): string {
  const how = calculation === '' ? '' : `<br><small>${escape(calculation)}</small>`;
  const amounts = [net, tax, gross].map((amount) => `<td${NUMBER}>${escape(amount)}</td>`);
  return `<tr><td>${escape(item)}${how}</td>${amounts.join('')}</tr>`;
}

function fact({ label, value }: Fact): string {
  return `<dt>${escape(label)}</dt><dd>${escape(value)}</dd>`;
}

function signedBlock(words: Receipt['words'], signed: Receipt['signed']): string {
  if (signed.length === 0) return `<p class="signed">${escape(words.unsigned)}</p>`;
  const readings = signed.map(
    ({ reportedAt, context, value }) =>
      `<p>${escape([toUtc(reportedAt), context ?? ''].join(' ').trim())}</p><pre>${escape(value)}</pre>`,
  );
  return `<details class="signed"><summary>${escape(words.signed)} (${signed.length})</summary><p>${escape(words.signedHelp)}</p>${readings.join('')}</details>`;
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function escape(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}
