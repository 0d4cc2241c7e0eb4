import type { TestSite } from './gateway.ts';

/** What the operator API answered. */
export interface Said<Body> {
  status: number;
  body: Body;
}

/** Asks a test site's operator API: GET, or POST where there is something to send. */
export async function ask<Body = Record<string, unknown>>(
  site: Pick<TestSite, 'urls'>,
  path: string,
  send?: object,
): Promise<Said<Body>> {
  const response = await fetch(new URL(`api/${path}`, site.urls.console), {
    ...(send && { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(send) }),
  });
  return { status: response.status, body: (await response.json()) as Body };
}
