/** The operator of a depot with three bays, through the operator API. 2026-10-24 is the day before clocks go back. */
import { startTestSite, type TestSite } from '../harness/gateway.ts';

export type Body = Record<string, unknown>;

export const SATURDAY_NOON = Date.UTC(2026, 9, 24, 10);

export interface Operator {
  site: TestSite;
  now: number;
  api<B = Body>(method: string, path: string, body?: object): Promise<{ status: number; body: B }>;
  /** Sends a list of bookings. */
  bring(csv: string, query?: string): Promise<{ status: number; body: Body }>;
  bookings(): Promise<Body[]>;
}

export async function openDepot(): Promise<Operator> {
  const operator = { now: SATURDAY_NOON } as Operator;
  operator.site = await startTestSite({ clock: () => operator.now });
  const at = (path: string): URL => new URL(`api/${path}`, operator.site.urls.console);
  operator.api = async <B>(method: string, path: string, body?: object) => {
    const response = await fetch(at(path), {
      method,
      ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as B };
  };
  operator.bring = async (csv, query = '') => {
    const headers = { 'content-type': 'text/csv' };
    const response = await fetch(at(`bookings/import${query}`), { method: 'POST', headers, body: csv });
    return { status: response.status, body: (await response.json()) as Body };
  };
  operator.bookings = async () => (await operator.api<{ items: Body[] }>('GET', 'bookings?limit=1000')).body.items;
  return operator;
}
