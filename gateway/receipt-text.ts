import type { Fact, Receipt } from './receipts.ts';

/** A receipt as plain text, for terminals and mails. */
export function receiptText({ words, title, operator, facts, rows, totals, isFree, remark, signed }: Receipt): string {
  const blocks = [
    [title, [operator.name, operator.website].filter((part) => part !== null).join(', ')].join('\n'),
    aligned(facts),
    isFree ? words.free : rows.map(rowText).join('\n'),
    aligned(totals),
    ...(remark === null ? [] : [`${words.remark}: ${remark}`]),
    signed.length === 0
      ? words.unsigned
      : [words.signed, words.signedHelp, ...signed.map(({ value }) => value)].join('\n'),
  ];
  // Names and remarks come from outside; a terminal would obey their control characters.
  return `${blocks.join('\n\n').replaceAll(/[^\P{Cc}\n]/gu, '�')}\n`;

  function rowText({ item, calculation, net, tax, gross }: Receipt['rows'][number]): string {
    const sums = `${words.net} ${net}, ${words.tax} ${tax}, ${words.gross} ${gross}`;
    return [`${item}:`, calculation, calculation === '' ? sums : `(${sums})`].filter((part) => part !== '').join(' ');
  }
}

function aligned(facts: Fact[]): string {
  const width = Math.max(0, ...facts.map(({ label }) => label.length));
  return facts.map(({ label, value }) => `${label.padEnd(width)}  ${value}`).join('\n');
}
