import { randomBytes } from 'node:crypto';
import type { StatusBody, TokenBody } from '../../adapters/console/schemas.ts';
import { GatewayError } from '../domain/errors.ts';
import { toUtcSeconds, wallClock } from '../domain/time.ts';
import type { Client } from './client.ts';

/** Cards that a gateway accepts for as long as a simulation runs. */
export interface LoanedCards {
  uids: string[];
  /** Takes them off the list again, as far as the gateway can be reached. */
  giveBack(): Promise<void>;
}

/** After a simulation that was killed, its cards are good for no longer than this. */
const LOAN_MS = 3_600_000;
const CARDS = 4;

/**
 * Puts cards that nobody can guess on the running gateway's own list, each to expire within the hour and renewed until
 * they are given back. What they charge is billed like anything else, so for a gateway that does not take unknown chargers
 * in, as a real site does not, it has to be `told` to. `complain` hears what failed later on. Errors: REQUEST_INVALID,
 * DAEMON_UNREACHABLE, Refused.
 */
export async function borrowCards(
  client: Client,
  status: Pick<StatusBody, 'unknownChargers'>,
  told: boolean,
  complain: (text: string) => void,
): Promise<LoanedCards> {
  if (!told && status.unknownChargers !== 'accept')
    throw new GatewayError(
      'REQUEST_INVALID',
      'this gateway does not take unknown chargers in, so it is no trial one, and simulate put no cards on its list: ' +
        'name accepted cards with --token, or allow it with --add-cards',
    );
  const uids = Array.from({ length: CARDS }, () => `SIM-${randomBytes(6).toString('hex').toUpperCase()}`);

  async function renew(): Promise<void> {
    const expiresAt = toUtcSeconds(wallClock() + LOAN_MS);
    for (const uid of uids) await client.put<TokenBody>(`/api/tokens/${uid}`, { expiresAt });
  }
  await renew();
  const renewing = setInterval(() => {
    renew().catch((error: unknown) => complain(`chargegate: the cards could not be renewed: ${words(error)}`));
  }, LOAN_MS / 3);

  return {
    uids,
    async giveBack() {
      clearInterval(renewing);
      try {
        for (const uid of uids) await client.remove(`/api/tokens/${uid}`);
      } catch (error) {
        complain(`chargegate: the cards stay on the list until they expire, within the hour: ${words(error)}`);
      }
    },
  };
}

function words(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
