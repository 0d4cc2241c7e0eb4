import { describe, expect, it } from 'vitest';
import { checkUrl, guardedLookup, isPrivateAddress } from '../../adapters/ocpi/url-guard.ts';

describe('addresses that peers must not make us call', () => {
  it.each([
    '0.0.0.0 10.1.2.3 100.64.0.1 100.127.255.255 127.0.0.1 127.255.0.1 169.254.169.254 172.16.0.1 172.31.255.255',
    '192.0.0.1 192.168.0.1 198.18.0.1 224.0.0.1 240.0.0.1 255.255.255.255',
    ':: ::1 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:7f00:1 ::ffff:0:0 64:ff9b::a00:1 64:ff9b::1 64:ff9b:1::1',
    'fc00::1 fd12::1 fe80::1 fe80::1%eth0 fec0::1 ff02::1 2001:db8::1 2002:7f00:1::',
    'no-address',
  ])('%s are private', (addresses) => {
    expect(addresses.split(' ').filter((address) => !isPrivateAddress(address))).toEqual([]);
  });

  it.each([
    '1.1.1.1 9.255.255.255 11.0.0.1 100.63.255.255 100.128.0.1 172.15.0.1 172.32.0.1 192.167.1.1 223.255.0.1',
    '2606:4700::1111 2a00::1 ::ffff:1.1.1.1 64:ff9b::101:101',
  ])('%s are public', (addresses) => {
    expect(addresses.split(' ').filter(isPrivateAddress)).toEqual([]);
  });

  it('a URL is judged however it writes its address', () => {
    for (const host of ['0x7f000001', '017700000001', '127.1', '[0:0:0:0:0:0:0:1]', '[::ffff:7f00:1]'])
      expect(() => checkUrl(`http://${host}/`, false)).toThrow('private address');
    expect(checkUrl('https://1.1.1.1/versions', false).href).toBe('https://1.1.1.1/versions');
    expect(checkUrl('http://127.0.0.1/', true).href).toBe('http://127.0.0.1/');
    expect(() => checkUrl(`https://example.com/${'x'.repeat(250)}`, true)).toThrow('255 characters');
    expect(() => checkUrl('ftp://example.com/', true)).toThrow('http or https');
  });

  it('a name that resolves to a private address fails in the very lookup that the socket uses', async () => {
    const look = (allow: boolean, all: boolean) =>
      new Promise<unknown>((resolve) => {
        guardedLookup(allow)('localhost', { all }, (error, address) => resolve(error ?? address));
      });
    expect(await look(false, true)).toMatchObject({ code: 'URL_REFUSED' });
    expect(await look(false, false)).toMatchObject({ code: 'URL_REFUSED' });
    expect(await look(true, false)).toMatch(/^(127\.0\.0\.1|::1)$/);
    expect(await look(true, true)).toEqual(
      expect.arrayContaining([expect.objectContaining({ family: expect.any(Number) })]),
    );
  });
});
