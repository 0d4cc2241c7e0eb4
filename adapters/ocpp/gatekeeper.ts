import type { IncomingMessage } from 'node:http';
import { performance } from 'node:perf_hooks';
import { isNameOf, judgeIntroduction, type Admission } from '../../gateway/charger-access.ts';
import { passwordRevision } from '../../gateway/charger-passwords.ts';
import { admission, findCharger } from '../../gateway/chargers.ts';
import { GatewayError } from '../../gateway/domain/errors.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import { noteSecurity } from '../../gateway/security-events.ts';
import { basicCredentials, type BasicCredentials } from './basic-auth.ts';
import type { Protocol } from './protocol.ts';
import { createFailureLimit, type FailureState } from './failure-limit.ts';
import { createRateLimit } from './rate-limit.ts';
import { dialerOf } from './remote-address.ts';

/** Why a socket is not opened, in HTTP's words. */
export interface Refusal {
  status: 401 | 403 | 404 | 429 | 503;
  problem: string;
  /** Seconds after which to come back; null: not said. */
  retryAfter?: number;
  /** Was it told in the log already, so that a flood of the same does not fill it? */
  told?: boolean;
}

/** How a charger reached us. */
export interface Transport {
  tls: boolean;
  /** The certificate it showed, where TLS found it good: signed by an authority that we trust, and in time; its common name. */
  certificate: { subject: string; serialNumber: string } | null;
}

/** Decides who may open a socket: known, with the right password or certificate, on a profile that is good enough. */
export interface Gatekeeper {
  /**
   * `chargerId` null: the path named nobody. `keyForm`: how a key of hex digits comes in the version to be spoken; null: none
   * is.
   */
  admit(
    chargerId: string | null,
    transport: Transport,
    request: IncomingMessage,
    keyForm: Protocol['keyForm'] | null,
  ): Promise<{ chargerId: string } | Refusal>;
}

/** Handshakes of one address: the largest depot may come back whole from behind one router, a flood does not get far. */
const HANDSHAKES = { perSecond: 100, burst: 6000 };

/** Wrong passwords of one charger from one address. */
const OF_CHARGER = { free: 5, window: 600, longest: 300 };

/**
 * Wrong passwords of one address for whatever charger. A router may stand for a whole depot, so that more are free and
 * waits stay short; chargers that came in from there before do not wait at all.
 */
const OF_ADDRESS = { free: 50, window: 600, longest: 30 };

/** Chargers remembered to have come in from an address. */
const MOST_WELCOME = 10_000;

/** What came with a handshake. */
interface Given {
  credentials: BasicCredentials | null;
  keyForm: Protocol['keyForm'] | null;
}

/** A password in the form of the other version (Q6). */
const CAME_AS = {
  hex: 'its password came as the text of hex digits',
  bytes: 'its password came as the bytes that its hex digits stand for',
} as const;

/** Makes the door's keeper; it remembers failures in memory. `now`: a monotonic clock, milliseconds. */
export function createGatekeeper(gw: Gateway, now: () => number = () => performance.now()): Gatekeeper {
  const handshakes = createRateLimit({ ...HANDSHAKES, now });
  const ofCharger = createFailureLimit({ ...OF_CHARGER, now });
  const ofAddress = createFailureLimit({ ...OF_ADDRESS, now });
  const welcome = new Set<string>();

  /** With a new password its failures are forgotten: the operator has mended it. */
  const pairOf = (chargerId: string, from: string): string => `${from} ${passwordRevision(gw, chargerId)} ${chargerId}`;

  function deviate(chargerId: string, code: string, sample: string): void {
    // Whoever invents ids must not make notes.
    if (findCharger(gw, chargerId)) gw.diagnostics.deviation(chargerId, code, sample);
  }

  function remember(chargerId: string, from: string): void {
    const [oldest] = welcome;
    if (welcome.size >= MOST_WELCOME && oldest !== undefined) welcome.delete(oldest);
    welcome.add(`${from} ${chargerId}`);
  }

  function isCertified(chargerId: string, { certificate }: Transport): boolean {
    if (!certificate) return false;
    if (isNameOf(gw, chargerId, certificate.subject)) return true;
    deviate(chargerId, 'CERTIFICATE_NAME', `a certificate of ${certificate.subject.slice(0, 200)}`);
    noteSecurity(gw, chargerId, 'InvalidChargerCertificate', `certificate of ${certificate.subject}: it names another`);
    return false;
  }

  /** Why this attempt is not looked at; null: it is, and has to be ended. */
  function slowDown(chargerId: string, from: string, pair: string): Refusal | null {
    const seen = welcome.has(`${from} ${chargerId}`);
    const wait = (seen ? 0 : ofAddress.waitSeconds(from)) || ofCharger.begin(pair);
    if (wait === 0) return null;
    const problem = `too many wrong passwords of ${chargerId} from ${from}`;
    return { status: 429, problem, retryAfter: wait, told: true };
  }

  function failed(chargerId: string, from: string, pair: string): void {
    deviate(chargerId, 'PASSWORD_FAILURES', `from ${from}`);
    const state = ofCharger.end(pair, 'bad');
    tell(state, OF_CHARGER.free, { charger: chargerId, from }, `wrong passwords of ${chargerId} from ${from}`);
    if (state.failures === OF_CHARGER.free)
      noteSecurity(gw, chargerId, 'FailedToAuthenticateAtCsms', `wrong passwords from ${from}`);
    const overall = ofAddress.fail(from);
    tell(overall, OF_ADDRESS.free, { from }, `wrong passwords from ${from}`);
    if (overall.failures === OF_ADDRESS.free)
      noteSecurity(gw, null, 'FailedToAuthenticateAtCsms', `wrong passwords of several chargers from ${from}`);
  }

  /** One line when waiting begins, then one for each attempt that is looked at, with how many were not. */
  function tell({ failures, wait, turnedAway }: FailureState, free: number, who: object, what: string): void {
    if (failures === free) gw.log.warn({ ...who, failures, wait }, `${what}: from now on each has to wait`);
    else if (turnedAway > 0) gw.log.warn({ ...who, failures, wait, turnedAway }, `${what} go on`);
  }

  async function judge(
    chargerId: string,
    transport: Transport,
    from: string,
    given: Given,
  ): Promise<{ chargerId: string } | Refusal> {
    const certified = isCertified(chargerId, transport);
    const password = given.credentials?.password ?? null;
    const guess = password !== null && !certified;
    const pair = pairOf(chargerId, from);
    const slowed = guess ? slowDown(chargerId, from, pair) : null;
    if (slowed) return slowed;
    let opinion: Admission | null = null;
    try {
      opinion = await judgeIntroduction(gw, chargerId, { tls: transport.tls, certified, password });
    } finally {
      if (guess && opinion?.kind !== 'wrong-password')
        ofCharger.end(pair, opinion?.kind === 'admitted' && opinion.form !== null ? 'good' : 'neither');
    }
    return decide(chargerId, from, opinion, pair, given);
  }

  function decide(
    chargerId: string,
    from: string,
    opinion: Admission,
    pair: string,
    given: Given,
  ): { chargerId: string } | Refusal {
    switch (opinion.kind) {
      case 'admitted':
        if (opinion.form !== null) {
          remember(chargerId, from);
          noteOddities(chargerId, opinion, given);
        }
        return { chargerId };
      case 'below-floor': {
        const { best, floor } = opinion;
        deviate(chargerId, 'PROFILE_BELOW_FLOOR', `came at security profile ${best}, which has to be ${floor}`);
        noteSecurity(gw, chargerId, 'AttemptedDowngrade', `security profile ${best} refused: ${floor} is the lowest`);
        return { status: 403, problem: `${chargerId} came at security profile ${best}, and ${floor} is its lowest` };
      }
      case 'wrong-password':
        failed(chargerId, from, pair);
        return { status: 401, problem: `wrong or missing password of ${chargerId}` };
      case 'no-password':
        return { status: 401, problem: `wrong or missing password of ${chargerId}` };
    }
  }

  function noteOddities(
    chargerId: string,
    { form, earlier }: Extract<Admission, { kind: 'admitted' }>,
    { credentials, keyForm }: Given,
  ): void {
    if (form !== null && form !== 'text' && keyForm !== null && form !== keyForm)
      deviate(chargerId, 'PASSWORD_FORM', CAME_AS[form]);
    if (earlier) deviate(chargerId, 'EARLIER_PASSWORD', 'it still uses the password before the one it took');
    if (credentials && credentials.user !== chargerId)
      deviate(chargerId, 'BASIC_USER_NAME', credentials.user.slice(0, 100));
  }

  return {
    async admit(chargerId, transport, request, keyForm) {
      const from = dialerOf(request.socket.remoteAddress);
      const wait = handshakes.take(from);
      if (wait > 0) return { status: 503, problem: `too many connections a second from ${from}`, retryAfter: wait };
      if (chargerId === null)
        return {
          status: 404,
          problem:
            'no usable charger id at the end of the path: dial ws://<gateway>/ocpp/<charger id>, at most 48 characters',
        };
      if (admission(gw, chargerId) === 'unknown')
        return { status: 404, problem: `charger ${chargerId} is not known here` };
      try {
        const credentials = basicCredentials(request.headers.authorization);
        return await judge(chargerId, transport, from, { credentials, keyForm });
      } catch (error) {
        if (!(error instanceof GatewayError)) throw error;
        return { status: 503, problem: error.message };
      }
    },
  };
}
