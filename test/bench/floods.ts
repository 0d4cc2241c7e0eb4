/** Not quite the megabyte that both servers take. */
const HUGE = 1_000_000;

/** What it sends, and how often a second; a second's worth at the most waits in its own memory. */
export const FLOODS = {
  'bad frames': { rate: 10_000, frame: () => '[[[{"nothing":' },
  'unknown actions': { rate: 10_000, frame: (n: number) => `[2,"f${n}","Nonsense${n % 5000}",{"n":${n}}]` },
  heartbeats: { rate: 10_000, frame: (n: number) => `[2,"f${n}","Heartbeat",{}]` },
  'unasked answers': { rate: 10_000, frame: (n: number) => `[3,"f${n}",{"status":"Accepted"}]` },
  'unreadable meter values': {
    rate: 10_000,
    frame: (n: number) => `[2,"f${n}","MeterValues",{"connectorId":[],"meterValue":"none","n":${n}}]`,
  },
  'starts of transactions': {
    rate: 10_000,
    frame: (n: number) =>
      `[2,"f${n}","StartTransaction",{"connectorId":${1 + (n % 4)},"idTag":"NOBODY","meterStart":${n},"timestamp":"2026-01-01T00:00:00Z"}]`,
  },
  'huge meter values': { rate: 100, frame: hugeMeterValues },
  'new sockets': { rate: 0, frame: () => '' },
} satisfies Record<string, { rate: number; frame: (n: number) => string }>;

export type Flood = keyof typeof FLOODS;

export const FLOOD_NAMES = Object.keys(FLOODS) as Flood[];

function hugeMeterValues(n: number): string {
  const value = `{"value":"${n % 10_000}","measurand":"Energy.Active.Import.Register","unit":"Wh"}`;
  const values = Array.from({ length: Math.floor(HUGE / (value.length + 1)) }, () => value).join(',');
  return `[2,"f${n}","MeterValues",{"connectorId":1,"meterValue":[{"timestamp":"2026-01-01T00:00:00Z","sampledValue":[${values}]}]}]`;
}
