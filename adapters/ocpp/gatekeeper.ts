import type { IncomingMessage } from 'node:http';
import { admission } from '../../gateway/chargers.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import { basicCredentials, passwordMatches } from './basic-auth.ts';

/** Why a socket is not opened, in HTTP's words. */
export interface Refusal {
  status: 401 | 403 | 404 | 429 | 503;
  problem: string;
  /** Seconds after which to come back; null: not said. */
  retryAfter?: number;
}

/** How a charger reached us. */
export interface Transport {
  tls: boolean;
  /** The certificate it showed, where TLS found it good: signed by an authority that we trust, and in time. */
  certificate: { subject: string; serialNumber: string } | null;
}

/** Decides who may open a socket: known, with the right password or certificate, on a profile that is good enough. */
export interface Gatekeeper {
  /** `chargerId` null: the path named nobody. */
  admit(
    chargerId: string | null,
    transport: Transport,
    request: IncomingMessage,
  ): Promise<{ chargerId: string } | Refusal>;
}

/** Makes the door's keeper; it remembers failures in memory. */
export function createGatekeeper(gw: Gateway): Gatekeeper {
  function passwordOk(request: IncomingMessage, chargerId: string): boolean {
    const expected = gw.settings.chargers.find((charger) => charger.id === chargerId)?.password ?? null;
    if (expected === null) return true;
    const given = basicCredentials(request.headers.authorization);
    return given !== null && passwordMatches(given.password, expected);
  }

  return {
    async admit(chargerId, _transport, request) {
      if (chargerId === null)
        return {
          status: 404,
          problem:
            'no usable charger id at the end of the path: dial ws://<gateway>/ocpp/<charger id>, at most 48 characters',
        };
      if (admission(gw, chargerId) === 'unknown')
        return { status: 404, problem: `charger ${chargerId} is not known here` };
      if (!passwordOk(request, chargerId)) return { status: 401, problem: `wrong or missing password of ${chargerId}` };
      return { chargerId };
    },
  };
}
