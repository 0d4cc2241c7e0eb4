import { kw, kwh } from './narrate.ts';

/** One charger's row. */
export interface ChargerRow {
  id: string;
  /** Its status as OCPP names it, or `away`. */
  status: string;
  card: string | null;
  powerW: number;
  /** As the gateway has it; null without a session. */
  energyWh: number | null;
  /** With tax and currency: `15.27 SEK`; null without a session. */
  cost: string | null;
}

/** What the cloud knows from polling alone. */
export interface CloudView {
  name: string;
  version: string;
  polls: number;
  evses: { id: string; status: string }[];
  sessionsRunning: number;
  sessionsEnded: number;
  cdrs: number;
  lastCdr: string | null;
}

/** All that the demo's screen shows. */
export interface DemoState {
  seconds: number;
  speed: number;
  urls: { ocpp: string; ocpi: string; console: string };
  chargers: ChargerRow[];
  cloud: CloudView;
  /** Oldest first. */
  events: string[];
}

export interface ScreenSize {
  columns: number;
  rows: number;
}

const MOST_EVENTS = 8;

/** The screen's lines, plain text: as many and as long as fit, none of them wraps. */
export function drawScreen(state: DemoState, size: ScreenSize): string[] {
  const above = [
    `chargegate demo   ${clockFace(state.seconds)}   energy flows ${state.speed} times as fast as the clock`,
    '',
    ...chargerTable(state.chargers),
    '',
    ...cloudLines(state.cloud, size.columns),
    '',
  ];
  const below = [
    '',
    `chargers  ${state.urls.ocpp}<id>`,
    `clouds    ${state.urls.ocpi}`,
    `console   ${state.urls.console}   Ctrl-C ends the demo`,
  ];
  const room = Math.max(0, Math.min(MOST_EVENTS, size.rows - above.length - below.length - 1));
  const events = room === 0 ? [] : state.events.slice(-room);
  const lines = [...above, ...events, ...Array<string>(room - events.length).fill(''), ...below];
  return lines.slice(0, Math.max(1, size.rows - 1)).map((line) => fit(line, size.columns));
}

function chargerTable(chargers: ChargerRow[]): string[] {
  const cells = chargers.map((row) => [
    row.id,
    row.status,
    row.powerW > 0 ? kw(row.powerW) : '',
    row.energyWh === null ? '' : kwh(row.energyWh),
    row.cost ?? '',
    row.card ?? '',
  ]);
  const head = ['charger', 'status', 'power', 'energy', 'cost', 'card'];
  const rightAligned = new Set([2, 3, 4]);
  // a fixed floor keeps columns where they are while numbers come and go
  const widths = head.map((title, column) =>
    Math.max(title.length, [8, 13, 9, 10, 12, 6][column] ?? 0, ...cells.map((row) => row[column]?.length ?? 0)),
  );
  return [head, ...cells].map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return rightAligned.has(column) ? cell.padStart(width) : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd(),
  );
}

function cloudLines(cloud: CloudView, columns: number): string[] {
  return [
    `${cloud.name} sees (OCPI ${cloud.version}, poll ${cloud.polls})`,
    ...packed(
      cloud.evses.map((evse) => `${evse.id} ${evse.status}`),
      columns,
    ),
    `  sessions  ${cloud.sessionsRunning} running, ${cloud.sessionsEnded} ended`,
    `  CDRs      ${cloud.cdrs}${cloud.lastCdr === null ? '' : `, last: ${cloud.lastCdr}`}`,
  ];
}

/** As many entries to a line as fit, in columns. */
function packed(entries: string[], columns: number): string[] {
  const width = Math.max(24, ...entries.map((entry) => entry.length)) + 3;
  const perLine = Math.max(1, Math.floor((columns - 2) / width));
  const lines: string[] = [];
  for (let i = 0; i < entries.length; i += perLine) {
    const line = entries.slice(i, i + perLine).map((entry) => entry.padEnd(width));
    lines.push(`  ${line.join('')}`.trimEnd());
  }
  return lines;
}

function clockFace(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  return `${String(Math.floor(whole / 60)).padStart(2, '0')}:${String(whole % 60).padStart(2, '0')}`;
}

function fit(line: string, columns: number): string {
  if (line.length <= columns) return line;
  return columns < 1 ? '' : `${line.slice(0, columns - 1)}…`;
}
