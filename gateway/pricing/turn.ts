import type { Cost, CostLine, Decimal, Price } from '../domain/tariff.ts';

/** A cost with the sign of every amount and quantity turned, digit for digit: what a credit takes back. Twice gives the same. */
export function turnCost(cost: Cost): Cost {
  return {
    ...cost,
    total: turnPrice(cost.total),
    fixed: turnPart(cost.fixed),
    energy: turnPart(cost.energy),
    time: turnPart(cost.time),
    parking: turnPart(cost.parking),
    ...(cost.reservation && { reservation: turnPrice(cost.reservation) }),
    lines: cost.lines.map(turnLine),
  };
}

/** The price stays: it is the quantity that is taken back. */
function turnLine(line: CostLine): CostLine {
  return {
    ...line,
    quantity: turnDecimal(line.quantity),
    ...(line.used !== undefined && { used: turnDecimal(line.used) }),
    amount: turnPrice(line.amount),
  };
}

function turnPart(price: Price | null): Price | null {
  return price && turnPrice(price);
}

function turnPrice({ beforeTaxes, taxes, afterTaxes }: Price): Price {
  return {
    beforeTaxes: turnDecimal(beforeTaxes),
    taxes: taxes.map((tax) => ({ ...tax, amount: turnDecimal(tax.amount) })),
    afterTaxes: turnDecimal(afterTaxes),
  };
}

/** There is no negative nothing. */
export function turnDecimal(text: Decimal): Decimal {
  if (text.startsWith('-')) return text.slice(1);
  return /[1-9]/.test(text) ? `-${text}` : text;
}
