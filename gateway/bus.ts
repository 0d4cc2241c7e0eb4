import type { EventName, GatewayEvent, GatewayEvents } from './domain/events.ts';

/** Tells listeners what happened, after it is on disk. A listener that throws is reported and harms nobody. */
export interface Bus {
  on<N extends EventName>(name: N, listener: (data: GatewayEvents[N]) => void): () => void;
  onAny(listener: (event: GatewayEvent) => void): () => void;
  publish(event: GatewayEvent): void;
}

/** Makes a bus; `onFault` receives what a listener threw. */
export function createBus(onFault: (error: unknown, event: GatewayEvent) => void): Bus {
  const listeners = new Set<(event: GatewayEvent) => void>();

  function onAny(listener: (event: GatewayEvent) => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  return {
    onAny,
    on(name, listener) {
      return onAny((event) => {
        if (event.name === name) listener(event.data as GatewayEvents[typeof name]);
      });
    },
    publish(event) {
      for (const listener of listeners) {
        try {
          listener(event);
        } catch (error) {
          onFault(error, event);
        }
      }
    },
  };
}
