import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Agent, request } from 'undici';
import { toUtc } from '../../gateway/domain/time.ts';
import type { PagesJob, PagesMessage } from './cdr-pages-site.ts';
import { percentile } from './common.ts';
import { captureOutput, end, spawnNode } from './process.ts';
import { median, table } from './report.ts';

const SITE = fileURLToPath(new URL('cdr-pages-site.ts', import.meta.url));

/** The issue's bounds: a page's median beside the first page's, and milliseconds. */
const MOST_RATIO = 1.5;
const MOST_P99 = 25;

const PAGES = 200;
const WARM_UP = 30;

export interface PagesSummary {
  list: string;
  page: string;
  p50: number;
  p99: number;
  worst: number;
  /** Of the medians, to the first page of this list. */
  ratio: number;
  total: number;
}

export interface PagesRun {
  rows: number;
  filledMs: number;
  /** Of the machine over the last minute, at the end: whoever else is at work shows in the tails. */
  load: number;
  summaries: PagesSummary[];
}

interface Answered {
  ms: number;
  total: number;
  items: number;
  next: string | null;
}

/** Pages of 100 out of long lists, over HTTP: first, by offset, by date, and along the Links. One caller, one connection. */
export async function runPages(scratch: string, rows: number, note: (text: string) => void): Promise<PagesRun> {
  const directory = mkdtempSync(join(scratch, 'pages-'));
  const site = spawnNode(0, [SITE], { ipc: true });
  const output = captureOutput(site);
  const agent = new Agent({ connections: 1 });
  try {
    const told = new Promise<PagesMessage>((resolve, reject) => {
      site.once('message', (message) => resolve(message as PagesMessage));
      site.once('exit', () => reject(new Error(`the site ended\n${output()}`)));
    });
    site.send({ directory, rows } satisfies PagesJob);
    const serving = await told;
    if (serving.type === 'failed') throw new Error(serving.reason);
    note(`filled with ${rows} sessions and CDRs in ${(serving.filledMs / 1000).toFixed(0)} s`);
    const { url, begin, step } = serving;
    const at = (share: number): string => toUtc(begin + Math.floor(rows * share) * step);
    const summaries: PagesSummary[] = [];
    for (const [list, token] of [
      ['cdrs', 'c0'],
      ['cdrs', 'c1'],
      ['sessions', 'c0'],
      ['sessions', 'c1'],
    ] as const) {
      const base = `${url}/ocpi/cpo/2.3.0/${list}?limit=100${list === 'sessions' ? `&date_from=${at(0)}` : ''}`;
      const own = token === 'c1';
      const length = own ? Math.ceil(rows / 10) : rows;
      const page =
        (query: string): (() => Promise<Answered>) =>
        () =>
          get(agent, `${base}${query}`, token);
      const dated = (query: string): (() => Promise<Answered>) => {
        return () => get(agent, `${url}/ocpi/cpo/2.3.0/${list}?limit=100${query}`, token);
      };
      const kinds: [string, () => Promise<Answered>][] = [
        ['first', page('')],
        ['offset 50 %', page(`&offset=${Math.floor(length / 2)}`)],
        ['offset at the end', page(`&offset=${length - 100}`)],
        ['any offset', () => page(`&offset=${Math.floor(Math.random() * (length - 100))}`)()],
        ['date_from 1 %', dated(`&date_from=${at(0.01)}`)],
        ['date_from 50 %', dated(`&date_from=${at(0.5)}`)],
        ['date_from 99.9 %', dated(`&date_from=${at(0.999)}`)],
        ['any date_from', () => dated(`&date_from=${at(Math.random() * 0.999)}`)()],
        ['40–60 %', dated(`&date_from=${at(0.4)}&date_to=${at(0.6)}`)],
        ['40–60 %, offset', dated(`&date_from=${at(0.4)}&date_to=${at(0.6)}&offset=${Math.floor(length * 0.1)}`)],
        ['Link from the start', follow(agent, base, token)],
        ['Link from the middle', follow(agent, `${base}&offset=${Math.floor(length / 2)}`, token)],
        ['Link from a date', follow(agent, `${url}/ocpi/cpo/2.3.0/${list}?limit=100&date_from=${at(0.7)}`, token)],
      ];
      summaries.push(...(await measureKinds(`${list}${own ? ', own' : ''}`, kinds)));
    }
    return { rows, filledMs: serving.filledMs, load: loadavg()[0] ?? 0, summaries };
  } finally {
    await agent.destroy();
    await end(site, 'SIGKILL');
    rmSync(directory, { recursive: true, force: true });
  }
}

/** The kinds in turn, again and again, so that whatever else the machine does falls on all of them alike. */
async function measureKinds(list: string, kinds: [string, () => Promise<Answered>][]): Promise<PagesSummary[]> {
  const taken = kinds.map(([page, ask]) => ({ page, ask, times: [] as number[], total: 0 }));
  for (let turn = 0; turn < WARM_UP + PAGES; turn += 1) {
    for (const kind of taken) {
      const { ms, total, items } = await kind.ask();
      if (items === 0) throw new Error(`${list}, ${kind.page}: an empty page is none to measure`);
      kind.total = total;
      if (turn >= WARM_UP) kind.times.push(ms);
    }
  }
  const first = median(taken[0]?.times ?? []);
  return taken.map(({ page, times, total }) => {
    const sorted = Float64Array.from(times).sort();
    const p50 = median(times);
    return { list, page, p50, p99: percentile(sorted, 0.99), worst: sorted.at(-1) ?? 0, ratio: p50 / first, total };
  });
}

/** Each time the page that the last one's Link leads to; from the start again where the list ends. */
function follow(agent: Agent, start: string, token: string): () => Promise<Answered> {
  let url: string | null = null;
  return async () => {
    const from: string = url ?? (await get(agent, start, token)).next ?? start;
    const answer = await get(agent, from, token);
    url = answer.next;
    return answer;
  };
}

async function get(agent: Agent, url: string, token: string): Promise<Answered> {
  const from = performance.now();
  const response = await request(url, { dispatcher: agent, headers: { authorization: `Token ${token}` } });
  const text = await response.body.text();
  const ms = performance.now() - from;
  if (response.statusCode !== 200) throw new Error(`${url} answered ${response.statusCode}: ${text.slice(0, 200)}`);
  const body = JSON.parse(text) as { data?: unknown[]; status_code: number; status_message?: string };
  if (body.status_code !== 1000) throw new Error(`${url} answered ${body.status_code} ${body.status_message}`);
  const link = String(response.headers['link'] ?? '');
  return {
    ms,
    total: Number(response.headers['x-total-count']),
    items: body.data?.length ?? 0,
    next: /<([^>]+)>/.exec(link)?.[1] ?? null,
  };
}

/** For people. */
export function pagesTable({ summaries }: PagesRun): string {
  const rows = summaries.map(({ list, page, p50, p99, worst, ratio, total }) => [
    list,
    page,
    String(total),
    p50.toFixed(2),
    p99.toFixed(2),
    worst.toFixed(2),
    ratio.toFixed(2),
    ratio > MOST_RATIO || p99 > MOST_P99 ? 'over the bound' : '',
  ]);
  return table([['list', 'page of 100', 'X-Total-Count', 'p50 ms', 'p99 ms', 'worst ms', '/ first', ''], ...rows]);
}
