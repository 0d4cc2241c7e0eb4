import { wallClock } from '../../gateway/domain/time.ts';
import { createCardList } from './card-list.ts';
import { connectorSpecs, defaultIdentity, defaultSettings } from './charger-options.ts';
import type { Protocol, SimulatedCharger, SimulatedChargerOptions } from './charger-options.ts';
import { createChargingLimits } from './charging-limits.ts';
import { createConnector } from './connector.ts';
import { createControl } from './control.ts';
import type { Dialect, WireCall } from './dialect.ts';
import { createLifeline } from './lifeline.ts';
import { createKeyStore } from './key-store.ts';
import type { BootReason, Card, ConnectorSpec, Fact, Grant, Happening, SimTransaction, StatusReport } from './model.ts';
import type { Box, Connector } from './outlet.ts';
import { typicalCurve } from './power.ts';
import { createPulse } from './pulse.ts';
import { applyQuirks, transformText } from './quirks.ts';
import { createMessageQueue } from './queue.ts';
import type { Outcome, RpcOptions } from './rpc-client.ts';
import { eventOf, sightOf } from './sight.ts';
import { strictValidators } from './strict.ts';
import { timerTicker } from './ticker.ts';
import type { Cancel } from './ticker.ts';
import { createTransfers } from './transfers.ts';
import { v16 } from './v16.ts';
import { v201 } from './v201.ts';
import { v21 } from './v21.ts';

export type { ConnectorSight, SimulatedCharger, SimulatedChargerOptions } from './charger-options.ts';

const DIALECTS: Record<Protocol, Dialect> = { 'ocpp1.6': v16, 'ocpp2.0.1': v201, 'ocpp2.1': v21 };

const QUEUE_LIMIT = 5_000;

/** Cards that the charger's own list takes. */
const CARDS = 1_000;

/** Makes a simulated charger; nothing happens before `connect`. */
export function createSimulatedCharger(options: SimulatedChargerOptions): SimulatedCharger {
  const clock = options.clock ?? wallClock;
  const ticker = options.ticker ?? timerTicker;
  const dialect = DIALECTS[options.protocol ?? 'ocpp1.6'];
  const quirks = options.quirks ?? [];
  const onEvent = options.onEvent ?? (() => undefined);
  const onViolation = options.onViolation ?? (() => undefined);
  const settings = defaultSettings(options, dialect);
  const lastAnswers: Record<string, unknown> = {};
  const known = new Set<string>();
  const samplers = new Map<number, Cancel>();
  const identity = defaultIdentity(options);
  const words = new Map<number, string>();
  const limits = createChargingLimits(() => connectors.forEach((each) => each.count()));
  const cards = createCardList(CARDS);
  const keys = createKeyStore();
  const { track, when, check, busy } = createPulse();
  let transactions = 0;
  let powered = true;

  async function call(action: string, payload: Record<string, unknown>): Promise<Outcome> {
    const outcome = await track(lifeline.send(action, applyQuirks(quirks, action, payload)));
    if (outcome.kind === 'result') lastAnswers[action] = outcome.payload;
    if (outcome.kind === 'error') {
      lastAnswers[action] = { errorCode: outcome.code, errorDescription: outcome.description };
    }
    return outcome;
  }

  const send = (wire: WireCall): Promise<Outcome> => call(wire.action, wire.payload);

  const queue = createMessageQueue({
    ticker,
    attempts: options.transactionAttempts ?? 3,
    retryMs: options.transactionRetryMs ?? 1000,
    limit: QUEUE_LIMIT,
    send,
    open: () => lifeline.online(),
    dropped: (message, why) => {
      onEvent({ kind: 'dropped', charger: options.id, at: clock(), detail: `${message.stage}: ${why}` });
    },
    changed: check,
  });

  const listed = (uid: string): Grant | null => (settings.localList ? cards.grant(uid, clock()) : null);

  function offlineGrant(uid: string): Grant {
    const own = listed(uid);
    if (own) return own;
    const accepted = known.has(uid) || settings.allowOfflineUnknown;
    return { accepted, verdict: accepted ? 'Accepted while away' : 'Unknown while away', parent: null };
  }

  async function authorize(card: Card, connector: number): Promise<Grant> {
    const { uid } = card;
    const own = settings.localPreAuthorize ? listed(uid) : null;
    if (own?.accepted) return own;
    const outcome: Outcome = lifeline.online() ? await send(dialect.authorize(card)) : { kind: 'lost' };
    const grant = outcome.kind === 'result' ? dialect.readAuthorize(outcome.payload) : offlineGrant(uid);
    remember(uid, grant);
    const kind = grant.accepted ? 'authorized' : 'refused';
    onEvent({ kind, charger: options.id, at: clock(), connector, uid, verdict: grant.verdict });
    return grant;
  }

  function remember(uid: string, grant: Grant): void {
    if (grant.accepted) known.add(uid);
    else known.delete(uid);
  }

  function startSampling(connector: number): void {
    samplers.get(connector)?.();
    samplers.delete(connector);
    if (settings.sampleSeconds <= 0) return;
    const seconds = Math.min(settings.sampleSeconds, options.sampleAtLeast ?? settings.sampleSeconds);
    const cancel = ticker.every(seconds * 1000, () => find(connector).sample('Sample.Periodic'));
    samplers.set(connector, cancel);
  }

  function stopSampling(connector: number): void {
    samplers.get(connector)?.();
    samplers.delete(connector);
  }

  function told(fact: Fact, payload: unknown): void {
    const { transaction } = fact;
    const { id, grant } = dialect.readTold(fact, payload);
    transaction.id = id ?? transaction.id;
    const card = fact.card ?? transaction.card;
    if (!grant || !card) return;
    remember(card.uid, grant);
    const connector = find(transaction.connector);
    if (connector.state.transaction !== transaction) return;
    transaction.parent = grant.parent;
    if (grant.accepted) return;
    if (settings.stopOnInvalidId) connector.stop('DeAuthorized');
    else connector.pause();
  }

  function onTransaction(transaction: SimTransaction, happening: Happening): void {
    const { stage, card } = happening;
    if (stage === 'started') startSampling(transaction.connector);
    if (stage === 'ended') {
      stopSampling(transaction.connector);
      limits.ended(transaction.connector);
    }
    const event = eventOf(options.id, clock(), transaction, happening);
    if (event) onEvent(event);
    const presented = card !== null && stage !== 'ended';
    const fact: Fact = {
      ...happening,
      transaction,
      seq: transaction.told,
      offline: !lifeline.online(),
      chargingState: transaction.chargingState,
      reservationId: presented ? transaction.reservationId : null,
      remoteStartId: presented ? transaction.remoteStartId : null,
      measurands: [...settings.measurands],
    };
    const wire = dialect.tell(fact);
    if (!wire) return;
    transaction.told += 1;
    queue.push({
      stage,
      transaction,
      expendable: happening.cause === 'periodic',
      // worded anew at each try, as an id may have come
      encode: () => dialect.tell(fact) ?? wire,
      answered: (payload) => told(fact, payload),
    });
  }

  function sendStatus(report: StatusReport, always: boolean): void {
    const word = dialect.statusWord(report);
    if (word === null || !lifeline.online() || (!always && words.get(report.connector) === word)) return;
    words.set(report.connector, word);
    void send(dialect.status(report, word));
  }

  const box: Box = {
    clock,
    ticker,
    settings,
    speed: options.speed ?? 1,
    curve: options.power ?? ((spec: ConnectorSpec) => typicalCurve(spec.maxW)),
    powered: () => powered,
    limitW: (connector) => limits.limitW(clock(), find(connector).state),
    authorize,
    newTransactionId: () => dialect.transactionId((transactions += 1)),
    onStatus(report, fresh) {
      const { connector, status } = report;
      if (fresh) onEvent({ kind: 'status', charger: options.id, at: clock(), connector, status });
      sendStatus(report, false);
    },
    onTransaction,
    onReading(reading) {
      const { connector, registerWh, powerW } = reading;
      onEvent({ kind: 'sampled', charger: options.id, at: clock(), connector, registerWh, powerW });
      if (lifeline.online()) void send(dialect.meterValues(reading, settings.measurands));
    },
    onReservationOver(id, why) {
      const wire = dialect.reservationOver(id, why);
      if (wire && lifeline.online()) void send(wire);
    },
  };

  const specs = connectorSpecs(options.connectors ?? 1);
  const connectors = specs.map((spec, index) => createConnector(box, index + 1, spec, options.registerWh ?? 0));

  function find(connector: number): Connector {
    const found = connectors[connector - 1];
    if (!found) throw new RangeError(`charger ${options.id} has no connector ${connector}`);
    return found;
  }

  function reportStatus(connector: number): void {
    const state = connector === 0 ? null : find(connector).state;
    const plugged = state !== null && state.vehicle !== null;
    sendStatus({ connector, status: state?.status ?? 'Available', plugged, at: clock() }, true);
  }

  async function reboot(reason: BootReason): Promise<void> {
    if (powered) for (const each of connectors) each.stop('Reboot');
    lifeline.cut(reason);
    for (const each of connectors) each.blackout();
    powered = true;
    if (options.rebootMs) await track(new Promise<void>((done) => ticker.after(options.rebootMs ?? 0, done)));
    for (const each of connectors) {
      each.wake();
      if (each.state.transaction) startSampling(each.state.connector);
    }
    lifeline.connectPatiently();
    await when(() => lifeline.online());
  }

  const settle = (): Promise<void> => when(() => quiet() || !lifeline.online());
  const quiet = (): boolean => !busy() && queue.length() === 0 && !queue.busy();

  const transfers = createTransfers({
    clock,
    ticker,
    track,
    logText: (kind) => `${kind} of charger ${options.id}\n`,
    async installed(version) {
      identity.firmware = version;
      await reboot('FirmwareUpdate');
    },
  });

  const control = createControl({
    settings,
    startPoints: dialect.startPoints,
    identity,
    clock,
    limits,
    cards,
    transfers,
    keys,
    setPassword(password) {
      rpc.password = password;
    },
    connectors,
    registered: () => lifeline.registered(),
    authorize,
    track,
    send,
    reportStatus,
    bootAgain: () => lifeline.bootAgain(),
    heartbeat: () => void send(dialect.heartbeat()),
    drained: settle,
    when,
    untold: (id) => queue.holds(({ transaction }) => id === null || transaction.id === id),
    reboot,
    clearCache: () => known.clear(),
    settingsChanged() {
      lifeline.restartHeartbeat();
      for (const each of connectors) if (each.state.transaction) startSampling(each.state.connector);
    },
  });

  const rpc: Omit<RpcOptions, 'onClose'> = {
    url: options.url,
    id: options.id,
    protocols: [dialect.protocol],
    password: options.password ?? null,
    headers: options.headers ?? {},
    callTimeoutMs: options.callTimeoutMs ?? 30_000,
    pingIntervalMs: options.pingIntervalMs ?? 0,
    strict: options.strict ? strictValidators(dialect.protocol) : null,
    transformText: (text) => transformText(quirks, text),
    answer: async (action, payload) => {
      const answer = await dialect.answer(control, action, payload);
      if ('errorCode' in answer || !answer.followUp) return answer;
      const { followUp } = answer;
      // counted from now on, so that nobody is told all is quiet between the answer and what follows it
      let begin = (): void => undefined;
      void track(new Promise<void>((resolve) => (begin = resolve)).then(followUp));
      return { payload: answer.payload, followUp: begin };
    },
    onFrame: options.onFrame ?? (() => undefined),
    onViolation,
  };

  const lifeline = createLifeline({
    rpc,
    dialect,
    identity,
    settings,
    ticker,
    reconnect: options.reconnect === undefined ? { minMs: 50, maxMs: 5_000 } : options.reconnect,
    bootOnReconnect: options.bootOnReconnect ?? false,
    bootRetrySeconds: options.bootRetrySeconds ?? 30,
    call,
    track,
    onOnline() {
      onEvent({ kind: 'online', charger: options.id, at: clock(), detail: '' });
      for (let connector = 0; connector <= connectors.length; connector += 1) reportStatus(connector);
      queue.pump();
      check();
    },
    onOffline(reason) {
      onEvent({ kind: 'offline', charger: options.id, at: clock(), detail: reason });
      setImmediate(check);
    },
    onFault: options.onFault ?? (() => undefined),
  });

  async function act(connector: number, action: (found: Connector) => void): Promise<void> {
    action(find(connector));
    await settle();
  }

  return {
    id: options.id,
    connectors: connectors.map((each) => each.state.connector),
    connect: () => lifeline.connect(),
    connectPatiently: () => lifeline.connectPatiently(),
    whenOnline: () => when(() => lifeline.online()),
    plugIn: (connector, vehicle = {}) => act(connector, (found) => found.plugIn(vehicle)),
    unplug: (connector) => act(connector, (found) => found.unplug()),
    async tap(uid, connector, type) {
      const result = powered ? await find(connector).tap({ uid, type: type ?? null }) : 'ignored';
      await settle();
      return result;
    },
    suspendEv: (connector) => act(connector, (found) => found.suspend()),
    resume: (connector) => act(connector, (found) => found.resume()),
    sampleNow: (connector) => act(connector, (found) => found.sample('Sample.Periodic')),
    advance: (connector, seconds) => act(connector, (found) => found.advance(seconds)),
    dropSocket: () => lifeline.drop(),
    powerCut() {
      lifeline.cut('PowerUp');
      for (const each of connectors) {
        if (options.afterPowerLoss !== 'resume') each.stop('PowerLoss');
        each.blackout();
        stopSampling(each.state.connector);
      }
      powered = false;
      onEvent({ kind: 'powerCut', charger: options.id, at: clock(), detail: '' });
    },
    reboot: () => reboot(powered ? 'LocalReset' : 'PowerUp'),
    async close() {
      for (const each of connectors) {
        stopSampling(each.state.connector);
        each.blackout();
      }
      queue.rest();
      await lifeline.close();
      check();
    },
    registerWh: (connector) => find(connector).registerWh(),
    transactionId: (connector) => find(connector).state.transaction?.id ?? null,
    status: (connector) => find(connector).state.status,
    sight: (connector) => sightOf(find(connector)),
    get online() {
      return lifeline.online();
    },
    get queueLength() {
      return queue.length();
    },
    lastAnswers,
    idle: () => when(quiet),
    async call(action, payload) {
      const outcome = await call(action, payload);
      if (outcome.kind === 'result') return outcome.payload;
      const why = outcome.kind === 'error' ? `${outcome.code}: ${outcome.description}` : outcome.kind;
      throw new Error(`${action} of charger ${options.id} was not answered with a result: ${why}`);
    },
  };
}
