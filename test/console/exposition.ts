/** Reads Prometheus's text format and finds what `promtool check metrics` would find odd in it. */

export interface Family {
  name: string;
  type: string;
  help: string;
  samples: { name: string; labels: Record<string, string>; value: number }[];
}

/** Every family; throws at a line that is none of the format. */
export function readExposition(text: string): Map<string, Family> {
  const families = new Map<string, Family>();
  let current: Family | null = null;
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const told = /^# (HELP|TYPE) ([a-zA-Z_:][\w:]*) (.+)$/.exec(line);
    if (told) {
      const [, kind, name = '', rest = ''] = told;
      if (kind === 'HELP' && families.has(name)) throw new Error(`${name} is told twice`);
      current = families.get(name) ?? { name, type: '', help: '', samples: [] };
      families.set(name, current);
      if (kind === 'HELP') current.help = rest;
      else current.type = rest;
      continue;
    }
    const sample = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? ([Nn]a[Nn]|[+-]?Inf|[-+\d.eE]+)$/.exec(line);
    if (!sample || !current) throw new Error(`no line of the format: ${line}`);
    const [, name = '', labels = '', value] = sample;
    if (name.replace(/_(bucket|sum|count)$/, '') !== current.name && name !== current.name)
      throw new Error(`${name} stands under ${current.name}`);
    current.samples.push({ name, labels: readLabels(labels), value: Number(value?.replace('Inf', 'Infinity')) });
  }
  return families;
}

function readLabels(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  let rest = text;
  while (rest !== '') {
    const label = /^([a-zA-Z_]\w*)="((?:\\[\\"n]|[^"\\])*)",?/.exec(rest);
    if (!label) throw new Error(`no labels: ${text}`);
    const [whole, name = '', value = ''] = label;
    if (name in labels) throw new Error(`label ${name} twice: ${text}`);
    labels[name] = value;
    rest = rest.slice(whole.length);
  }
  return labels;
}

const NOT_BASE = /_(milliseconds|ms|minutes|hours|kilobytes|megabytes|watt_hours|kwh|kilowatts|percent)(_|$)/;

/** What is odd, one sentence each. */
export function lintExposition(families: Map<string, Family>): string[] {
  return [...families.values()].flatMap((family) => {
    const { name, type, help, samples } = family;
    const odd: string[] = [];
    if (help === '') odd.push(`${name} has no help`);
    if (!['counter', 'gauge', 'histogram', 'summary'].includes(type)) odd.push(`${name} has no type`);
    if (type === 'counter' && !name.endsWith('_total')) odd.push(`the counter ${name} does not end with _total`);
    if (type !== 'counter' && name.endsWith('_total')) odd.push(`${name} ends with _total and is no counter`);
    if (NOT_BASE.test(name)) odd.push(`${name} is not in base units`);
    if (/[A-Z]/.test(name)) odd.push(`${name} has capitals`);
    const keys = samples.map((sample) => `${sample.name} ${JSON.stringify(sample.labels)}`);
    if (new Set(keys).size !== keys.length) odd.push(`${name} has a series twice`);
    if (samples.some(({ value }) => type === 'counter' && value < 0)) odd.push(`${name} is below 0`);
    if (type === 'histogram') odd.push(...lintHistogram(family));
    return odd;
  });
}

function lintHistogram({ name, samples }: Family): string[] {
  const series = new Map<string, { buckets: number[]; last: string; count: number | null }>();
  for (const { name: own, labels, value } of samples) {
    const { le, ...rest } = labels;
    const key = JSON.stringify(rest);
    const entry = series.get(key) ?? { buckets: [], last: '', count: null };
    if (own === `${name}_bucket`) Object.assign(entry, { buckets: [...entry.buckets, value], last: le ?? '' });
    if (own === `${name}_count`) entry.count = value;
    series.set(key, entry);
  }
  return [...series].flatMap(([key, { buckets, last, count }]) => {
    const rises = buckets.every((value, index) => value >= (buckets[index - 1] ?? 0));
    return rises && last === '+Inf' && count === buckets.at(-1) ? [] : [`${name} ${key} is no histogram`];
  });
}
