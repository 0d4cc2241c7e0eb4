import type { Command } from 'commander';
import type { DrillBody } from '../../adapters/console/routes/drill.ts';
import { contextOf } from './context.ts';
import { show, table } from './output.ts';
import { addWanDrillVerb } from './wan-drill-verb.ts';

/** Verbs that try out what is at the other end. */
export function addDrillVerbs(program: Command, finish: (code: number) => void): void {
  const drill = program.command('drill').description('try out a peer, or an outage, before it matters');
  addWanDrillVerb(drill, finish);
  drill
    .command('ocpi')
    .description(
      "hold a peer's OCPI platform against the specification, by reading alone; exit code 1 where it deviates",
    )
    .requiredOption('--peer <name>', 'which peer')
    .action(async ({ peer }: { peer: string }, command: Command) => {
      const { out, client } = contextOf(command);
      const report = await client().post<DrillBody>(`/api/peers/${encodeURIComponent(peer)}/drill`, {});
      show(out, report, () => drillText(report));
      if (report.deviations > 0) finish(1);
    });
}

const MARKS = { good: 'good', deviates: 'DEVIATES', skipped: 'skipped' };

function drillText({ peer, version, checks, deviations }: DrillBody): string {
  const rows = checks.map(({ outcome, rule, detail }) => [MARKS[outcome], rule, detail ?? '']);
  const sum = deviations === 0 ? 'nothing deviates' : `${deviations} of ${checks.length} deviate`;
  return `${table(['', 'RULE', 'SEEN'], rows, 'nothing could be tried')}\n${peer}, OCPI ${version}: ${sum}`;
}
