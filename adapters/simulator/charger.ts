import { wallClock } from '../../gateway/domain/time.ts';
import type { EvseStatus } from '../../gateway/domain/status.ts';
import { createCardList } from './card-list.ts';
import { connectorSpecs, defaultIdentity, defaultSettings } from './charger-options.ts';
import type { ConnectorSight, SimulatedCharger, SimulatedChargerOptions } from './charger-options.ts';
import { createChargingLimits } from './charging-limits.ts';
import { createConnector } from './connector.ts';
import type { Box, Connector } from './connector.ts';
import { createControl } from './control.ts';
import type { WireCall } from './dialect.ts';
import { createLifeline } from './lifeline.ts';
import { createKeyStore } from './key-store.ts';
import type { ConnectorSpec, Grant, SimTransaction } from './model.ts';
import { typicalCurve } from './power.ts';
import { createPulse } from './pulse.ts';
import { applyQuirks, transformText } from './quirks.ts';
import { createMessageQueue } from './queue.ts';
import type { Outcome, RpcOptions } from './rpc-client.ts';
import { timerTicker } from './ticker.ts';
import type { Cancel } from './ticker.ts';
import { createTransfers } from './transfers.ts';
import { v16 } from './v16.ts';

export type { ConnectorSight, SimulatedCharger, SimulatedChargerOptions } from './charger-options.ts';

const QUEUE_LIMIT = 5_000;

/** Cards that the charger's own list takes. */
const CARDS = 1_000;

/** Makes a simulated charger; nothing happens before `connect`. */
export function createSimulatedCharger(options: SimulatedChargerOptions): SimulatedCharger {
  const clock = options.clock ?? wallClock;
  const ticker = options.ticker ?? timerTicker;
  const dialect = v16;
  const quirks = options.quirks ?? [];
  const onEvent = options.onEvent ?? (() => undefined);
  const onViolation = options.onViolation ?? (() => undefined);
  const settings = defaultSettings(options);
  const lastAnswers: Record<string, unknown> = {};
  const known = new Set<string>();
  const samplers = new Map<number, Cancel>();
  const identity = defaultIdentity(options);
  const limits = createChargingLimits();
  const cards = createCardList(CARDS);
  const keys = createKeyStore();
  const { track, when, check, busy } = createPulse();
  let localIds = 0;
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
      onEvent({ kind: 'dropped', charger: options.id, at: clock(), detail: `${message.kind}: ${why}` });
    },
    changed: check,
  });

  function offlineGrant(uid: string): Grant {
    const listed = cards.grant(uid, clock());
    if (listed) return listed;
    const accepted = known.has(uid) || settings.allowOfflineUnknown;
    return { accepted, verdict: accepted ? 'Accepted while away' : 'Unknown while away', parent: null };
  }

  async function authorize(uid: string, connector: number): Promise<Grant> {
    const listed = settings.localPreAuthorize ? cards.grant(uid, clock()) : null;
    if (listed?.accepted) return listed;
    const outcome: Outcome = lifeline.online() ? await send(dialect.authorize(uid)) : { kind: 'lost' };
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
    const cancel = ticker.every(settings.sampleSeconds * 1000, () => find(connector).sample('Sample.Periodic'));
    samplers.set(connector, cancel);
  }

  function stopSampling(connector: number): void {
    samplers.get(connector)?.();
    samplers.delete(connector);
  }

  function started(transaction: SimTransaction, payload: unknown): void {
    const { wireId, grant } = dialect.readStart(payload);
    transaction.wireId = wireId;
    transaction.parent = grant.parent;
    remember(transaction.uid, grant);
    const connector = find(transaction.connector);
    const running = connector.state.transaction === transaction;
    if (!grant.accepted && settings.stopOnInvalidId && running) connector.stop('DeAuthorized');
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
    nextLocalId: () => (localIds -= 1),
    onStatus(connector: number, status: EvseStatus) {
      onEvent({ kind: 'status', charger: options.id, at: clock(), connector, status });
      if (lifeline.online()) void send(dialect.status({ connector, status, at: clock() }));
    },
    onStart(transaction: SimTransaction) {
      const { connector, uid, meterStart } = transaction;
      startSampling(connector);
      onEvent({ kind: 'started', charger: options.id, at: clock(), connector, uid, meterStart });
      queue.push({
        kind: 'start',
        encode: () => dialect.start(transaction),
        answered: (payload) => started(transaction, payload),
      });
    },
    onSample(transaction, reading) {
      const { connector, registerWh, powerW } = reading;
      const encode = (): WireCall => dialect.sample(transaction, reading, settings.measurands);
      onEvent({ kind: 'sampled', charger: options.id, at: clock(), connector, registerWh, powerW });
      if (transaction) queue.push({ kind: 'sample', encode, answered: () => undefined });
      else if (lifeline.online()) void send(encode());
    },
    onStop(transaction, stop) {
      stopSampling(transaction.connector);
      limits.ended(transaction.connector);
      const energyWh = stop.meterStop - transaction.meterStart;
      const { connector } = transaction;
      onEvent({ kind: 'stopped', charger: options.id, at: clock(), connector, energyWh, reason: stop.reason });
      queue.push({ kind: 'stop', encode: () => dialect.stop(transaction, stop), answered: () => undefined });
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
    const status = connector === 0 ? 'Available' : find(connector).state.status;
    void send(dialect.status({ connector, status, at: clock() }));
  }

  async function reboot(): Promise<void> {
    if (powered) for (const each of connectors) each.stop('Reboot');
    lifeline.cut();
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
      await reboot();
    },
  });

  const control = createControl({
    settings,
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
    strict: options.strict ?? false,
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
    async tap(uid, connector) {
      const result = powered ? await find(connector).tap(uid) : 'ignored';
      await settle();
      return result;
    },
    suspendEv: (connector) => act(connector, (found) => found.suspend()),
    resume: (connector) => act(connector, (found) => found.resume()),
    sampleNow: (connector) => act(connector, (found) => found.sample('Sample.Periodic')),
    advance: (connector, seconds) => act(connector, (found) => found.advance(seconds)),
    dropSocket: () => lifeline.drop(),
    powerCut() {
      lifeline.cut();
      for (const each of connectors) {
        if (options.afterPowerLoss !== 'resume') each.stop('PowerLoss');
        each.blackout();
        stopSampling(each.state.connector);
      }
      powered = false;
      onEvent({ kind: 'powerCut', charger: options.id, at: clock(), detail: '' });
    },
    reboot,
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
    transactionId(connector) {
      const { transaction } = find(connector).state;
      return transaction ? (transaction.wireId ?? transaction.localId) : null;
    },
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

function sightOf(found: Connector): ConnectorSight {
  const { connector, status, vehicle, transaction, armed } = found.state;
  return {
    connector,
    status,
    plugged: vehicle !== null,
    uid: transaction?.uid ?? armed?.uid ?? null,
    transactionId: transaction ? (transaction.wireId ?? transaction.localId) : null,
    registerWh: found.registerWh(),
    sessionWh: transaction ? found.registerWh() - transaction.meterStart : 0,
    powerW: found.powerW(),
    soc: vehicle?.soc ?? null,
  };
}
