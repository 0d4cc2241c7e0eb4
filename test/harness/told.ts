import type { GatewayEvents } from '../../gateway/domain/events.ts';
import type { TestSite } from './gateway.ts';

type OfCharger = 'charger.provisioned' | 'charger.disconnected' | 'transaction.stopped' | 'local-list.synced';

/** The next time that this event is told of the charger. */
export function told<N extends OfCharger>(site: TestSite, name: N, id: string): Promise<GatewayEvents[N]> {
  return new Promise((resolve) => {
    const off = site.gateway.bus.on(name, (data) => {
      if (data.chargerId !== id) return;
      off();
      resolve(data);
    });
  });
}

/** Boots the charger and waits until its configuration was gone through; gives in which state that ended. */
export async function bootThrough(site: TestSite, id: string, charger: { boot(): Promise<unknown> }): Promise<string> {
  const done = told(site, 'charger.provisioned', id);
  await charger.boot();
  return (await done).state;
}
