import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { createOcpiServer } from '../../adapters/ocpi/server.ts';
import { invitePeer } from '../../gateway/peers.ts';
import { ask, credentials, startSite } from './harness.ts';

describe('the OCPI server', () => {
  it('opens nothing until it listens, and says when its port is taken', async () => {
    const site = await startSite();
    const port = Number(new URL(site.url).port);
    const second = createOcpiServer(site.gw, {
      host: '127.0.0.1',
      port,
      publicUrl: null,
      allowPrivateUrls: true,
      pageLimit: 100,
      push: false,
      requestsPerMinute: 60,
    });
    await expect(second.listen()).rejects.toMatchObject({ code: 'PORT_IN_USE' });
    await second.close();
    expect((await ask(`${site.url}/ocpi/versions`, { token: 'c1' })).http).toBe(200);
    await site.stop();
  });

  it('closes at once though a handshake waits for its peer, which is told so', async () => {
    const site = await startSite();
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { token } = await invitePeer(site.gw, 'slow');
    const versionsUrl = `http://127.0.0.1:${(silent.address() as AddressInfo).port}/versions`;
    const waiting = ask(`${site.url}/ocpi/cpo/2.3.0/credentials`, {
      method: 'POST',
      token,
      body: credentials({ versionsUrl }),
    });
    await once(silent, 'request');
    await site.stop();
    expect((await waiting).status).toBe(3001);
    silent.closeAllConnections();
    silent.close();
  });
});
