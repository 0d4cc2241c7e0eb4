import { offerAtBoot, renewEnding } from './certificates.ts';
import type { Gateway } from './gateway.ts';
import { storeFindings } from './security-events.ts';

const EVERY_HOUR = 3_600_000;
const EVERY_FIVE_SECONDS = 5000;

/**
 * Looks after certificates and the security log: renews what ends, offers again what was not taken, stores findings. The
 * closer ends that and stores what is left.
 */
export function startCertificateUpkeep(gw: Gateway): () => Promise<void> {
  const guarded = (what: string, work: Promise<void>): Promise<void> =>
    work.catch((error: unknown) => gw.log.error({ err: error }, `${what} failed`));
  const findings = (): Promise<void> => guarded('storing security findings', storeFindings(gw));
  const timers = [
    setInterval(() => void guarded('renewing certificates', renewEnding(gw)), EVERY_HOUR),
    setInterval(() => void findings(), EVERY_FIVE_SECONDS),
  ];
  for (const timer of timers) timer.unref();
  const endOffers = offerAtBoot(gw);
  return async () => {
    for (const timer of timers) clearInterval(timer);
    endOffers();
    await findings();
  };
}
