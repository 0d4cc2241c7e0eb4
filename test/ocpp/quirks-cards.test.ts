import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { RawCharger } from '../../adapters/simulator/raw-charger.ts';
import { createPeer } from '../../gateway/peers.ts';
import { putPeerToken, putSiteToken } from '../../gateway/tokens.ts';
import { at, openDepot, start, stop, type Depot } from './charging-harness.ts';

let depot: Depot;
let charger: RawCharger;

beforeEach(async () => {
  depot = await openDepot();
  charger = await depot.dial();
});
afterEach(() => depot.close());

describe('Q49: one card, many ways to write it', () => {
  const roaming = async (uid: string): Promise<void> => {
    await createPeer(depot.site.gateway, { name: 'msp', visibility: 'own', inboundToken: 'secret-of-the-msp' });
    await putPeerToken(depot.site.gateway, 'msp', {
      countryCode: 'NL',
      partyId: 'MSP',
      uid,
      type: 'RFID',
      contractId: 'NL-MSP-C1',
      visualNumber: null,
      issuer: 'MSP',
      groupId: null,
      valid: true,
      whitelist: 'ALWAYS',
      language: null,
      expiresAt: null,
      payment: null,
      body: {},
      updatedAt: 1,
    });
  };
  const verdict = async (idTag: string): Promise<string> =>
    ((await charger.call('Authorize', { idTag }))[2] as { idTagInfo: { status: string } }).idTagInfo.status;

  test.each([
    ['colons', '2069C021', '20:69:C0:21'],
    ['lower case', 'FB0EE20B', 'fb0ee20b'],
    ['blanks and dashes', 'FB0EE20B', 'fb-0e e2-0b'],
    ['bytes reversed', 'FB0EE20B', '0BE20EFB'],
    ['decimal', 'FB0EE20B', '4212056587'],
    ['decimal of the reversed bytes', 'FB0EE20B', '199364347'],
    ['the list has the decimal', '4212056587', 'FB0EE20B'],
    ['seven bytes, decimal', '0451AAC3790080', '1215693772619904'],
    ['leading zero left out', '04A1B2C3', '4A1B2C3'],
    ['the list leaves the zero out', '4A1B2C3', '04A1B2C3'],
  ])('Q49: %s', async (_form, known, written) => {
    await putSiteToken(depot.site.gateway, known, {});
    expect(await verdict(written)).toBe('Accepted');
    const { transactionId } = await start(charger, { idTag: written });
    depot.setMinute(60);
    await stop(charger, transactionId);
    expect(depot.cdrs()).toMatchObject([{ token: { uid: known } }]);
  });

  test('Q49: a hit by variant is noted with its form, the number masked', async () => {
    await putSiteToken(depot.site.gateway, 'FB0EE20B', {});
    await verdict('0BE20EFB');
    const noted = (await depot.deviations()).filter((code) => code.startsWith('CARD_FORM'));
    expect(noted).toEqual(['CARD_FORM:reversed']);
    const view = await depot.api('GET', '/api/chargers/BAY-1');
    expect(JSON.stringify(view.body)).not.toContain('0BE20EFB');
  });

  test.each([
    ['six of seven bytes', '0451AAC3790080', '0451AAC37900'],
    ['the cascade form of seven bytes', '0451AAC3790080', '880451AA77'],
    ['the first four of seven bytes', '0451AAC3790080', '0451AAC3'],
    ['a number made up by a phone', 'C3B2A108', '08A1B2C3'],
  ])('Q49: %s is no card that we know', async (_form, known, written) => {
    await putSiteToken(depot.site.gateway, known, {});
    expect(await verdict(written)).toBe('Invalid');
  });

  test('Q49: a number that could be two cards is neither', async () => {
    await putSiteToken(depot.site.gateway, '0BE20EFB', {});
    await putSiteToken(depot.site.gateway, '4212056587', {});
    expect(await verdict('FB0EE20B')).toBe('Invalid');
    expect(await depot.deviations()).toContain('CARD_FORM:ambiguous');
  });

  test('Q49: the card itself counts before what looks like it, also when it is blocked', async () => {
    await putSiteToken(depot.site.gateway, 'FB0EE20B', { blocked: true });
    await putSiteToken(depot.site.gateway, '0BE20EFB', {});
    expect(await verdict('FB0EE20B')).toBe('Blocked');
    await putSiteToken(depot.site.gateway, '11223344', { blocked: true });
    expect(await verdict('44332211')).toBe('Blocked');
  });

  test('Q49: among the many cards of a roaming partner only long numbers are looked for', async () => {
    await roaming('FB0EE20B');
    expect(await verdict('FB0EE20B')).toBe('Accepted');
    expect(await verdict('0BE20EFB')).toBe('Invalid');
  });

  test('Q49: a long number of a roaming partner is found reversed', async () => {
    await roaming('0451AAC3790080');
    expect(await verdict('800079C3AA5104')).toBe('Accepted');
  });
});

describe('a card that charges elsewhere on the site', () => {
  test('may, unless the operator wants one at a time', async () => {
    await start(charger);
    expect((await start(charger, { connectorId: 2 })).idTagInfo.status).toBe('Accepted');
  });

  test('is told ConcurrentTx where the operator wants one at a time, and only then', async () => {
    await depot.close();
    depot = await openDepot('authorization: { concurrent: refuse }\n');
    charger = await depot.dial();
    await putSiteToken(depot.site.gateway, 'CARD2', {});
    const first = await start(charger);
    expect(first.idTagInfo.status).toBe('Accepted');
    expect((await start(charger, { connectorId: 2, idTag: 'card1' })).idTagInfo.status).toBe('ConcurrentTx');
    expect((await start(charger)).idTagInfo).toEqual(first.idTagInfo);
    await stop(charger, 2, { meterStop: 1000, timestamp: at(1) });
    expect((await start(charger, { connectorId: 2, idTag: 'CARD2' })).idTagInfo.status).toBe('Accepted');
    depot.setMinute(60);
    await stop(charger, first.transactionId);
    expect((await start(charger, { timestamp: at(60), meterStart: 11_000 })).idTagInfo.status).toBe('Accepted');
  });
});
