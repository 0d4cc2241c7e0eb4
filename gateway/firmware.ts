import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { GatewayError } from './domain/errors.ts';
import type { Millis } from './domain/time.ts';
import { isFileName, type FirmwareImage } from './domain/transfers.ts';
import { linkUrl, mintLink } from './file-links.ts';
import { discard, keepFile, lookAtFile, openFile, receiveFile, type OpenFile } from './file-store.ts';
import type { Gateway } from './gateway.ts';
import { orderCharger, unreached } from './remote-control.ts';
import * as store from './store/file-links.ts';
import { openTransfer, settleTransfer, type Ordered } from './transfers.ts';

/** No charger has a larger one. */
const LARGEST_IMAGE = 2 ** 31;

/** The images that there are, by name: those added through the gateway, and files dropped into its directory. */
export async function listFirmware(gw: Gateway): Promise<FirmwareImage[]> {
  const known = new Map(store.listImages(gw.db).map((image) => [image.name, image]));
  const names = (await readdir(gw.files.firmware)).filter(isFileName).toSorted();
  const images: FirmwareImage[] = [];
  for (const name of names) {
    const image = await readImage(gw, name, known.get(name));
    if (image) images.push({ name, bytes: image.bytes, sha256: image.sha256, addedAt: image.addedAt });
  }
  return images;
}

/** What is known of an image, or is found out by reading it once. */
async function readImage(gw: Gateway, name: string, known?: store.KnownImage): Promise<FirmwareImage | null> {
  const facts = await lookAtFile(join(gw.files.firmware, name));
  if (!facts) return null;
  if (known?.bytes === facts.bytes && known.modifiedAt === facts.modifiedAt) return known;
  const file = await openFile(join(gw.files.firmware, name));
  if (!file) return null;
  const hash = createHash('sha256');
  for await (const chunk of file.handle.createReadStream()) hash.update(chunk as Buffer);
  const image = {
    name,
    bytes: file.bytes,
    modifiedAt: file.modifiedAt,
    sha256: hash.digest('hex'),
    addedAt: file.modifiedAt,
  };
  await gw.db.write(() => store.putImage(gw.db, image));
  return image;
}

/**
 * Takes in an image. The same once more is as good; another under a name that is taken is refused, since a charger may
 * be half through the first. Errors: REQUEST_INVALID, FILE_EXISTS, FILE_TOO_BIG, STORAGE_FULL, STORAGE_FAILED.
 */
export async function addFirmware(
  gw: Gateway,
  name: string,
  source: Readable,
  declaredBytes: number | null,
): Promise<FirmwareImage> {
  checkName(name);
  const received = await receiveFile(gw.files.firmware, source, { maxBytes: LARGEST_IMAGE, declaredBytes });
  try {
    if (received.bytes === 0) throw new GatewayError('REQUEST_INVALID', 'the image is empty: nothing was sent');
    const kept = await keepFile(received, gw.files.firmware, name);
    const image = await readOne(gw, name);
    if (!kept && image?.sha256 !== received.sha256)
      throw new GatewayError(
        'FILE_EXISTS',
        `there is another image called ${name} already: give this one its version as a name, or remove the other first`,
      );
    if (!image) throw new GatewayError('FILE_UNKNOWN', `the image ${name} was removed while it was being added`);
    return image;
  } finally {
    await discard(received.path);
  }
}

function readOne(gw: Gateway, name: string): Promise<FirmwareImage | null> {
  return readImage(
    gw,
    name,
    store.listImages(gw.db).find((image) => image.name === name),
  );
}

/** Removes an image; chargers that are to fetch it find nothing. Errors: FILE_UNKNOWN, STORAGE_FAILED. */
export async function removeFirmware(gw: Gateway, name: string): Promise<void> {
  await knownImage(gw, name);
  await discard(join(gw.files.firmware, name));
  await gw.db.write(() => store.deleteImage(gw.db, name));
}

/** Opens an image for sending; null where there is none (any more). */
export async function openFirmware(gw: Gateway, name: string): Promise<OpenFile | null> {
  return isFileName(name) ? openFile(join(gw.files.firmware, name)) : null;
}

/** Which firmware a charger is to have, from when on, and who signed it. */
export interface FirmwareUpdate {
  /** An image of the gateway's own, by name, or an address elsewhere. */
  source: { file: string } | { url: string };
  /** When to fetch it; null: now. */
  at: Millis | null;
  /** When to install it, where it is signed; null: when the charger likes. */
  installAt: Millis | null;
  /** PEM of the signer's certificate, and the signature in base64; null: unsigned. */
  signed: { certificate: string; signature: string } | null;
  retries: number | null;
  /** Seconds. */
  retryInterval: number | null;
}

/** Tells a charger to fetch firmware and install it. Errors: FILE_UNKNOWN. */
export async function updateFirmware(
  gw: Gateway,
  chargerId: string,
  update: FirmwareUpdate,
): Promise<Ordered<'update-firmware' | 'update-signed-firmware'>> {
  const connection = gw.connections.find(chargerId);
  if (!connection) return { outcome: unreached(gw, chargerId), transferId: null };
  const { source } = update;
  if ('file' in source) await knownImage(gw, source.file);
  const retrieveAt = update.at ?? gw.clock();
  const { transferId, requestId, url } = await gw.db.write((tx) => {
    const file = 'file' in source ? source.file : withoutSecrets(source.url);
    const opened = openTransfer(gw, tx, { chargerId, kind: 'firmware', file });
    if (!('file' in source)) return { ...opened, url: source.url };
    const link = { transferId: opened.transferId, chargerId, purpose: 'firmware' as const, file };
    return { ...opened, url: linkUrl(gw, connection, mintLink(gw, tx, link, retrieveAt), file) };
  });
  const { retries, retryInterval, installAt, signed } = update;
  const errand = { requestId, url, retries, retryInterval, retrieveAt };
  const outcome = signed
    ? await orderCharger(gw, chargerId, {
        kind: 'update-signed-firmware',
        ...errand,
        installAt,
        signingCertificate: signed.certificate,
        signature: signed.signature,
      })
    : await orderCharger(gw, chargerId, { kind: 'update-firmware', ...errand });
  return settleTransfer<'update-firmware' | 'update-signed-firmware'>(gw, transferId, outcome);
}

async function knownImage(gw: Gateway, name: string): Promise<void> {
  checkName(name);
  if (await lookAtFile(join(gw.files.firmware, name))) return;
  throw new GatewayError('FILE_UNKNOWN', `there is no firmware image ${name} here: add it, or compare with the list`);
}

function checkName(name: string): void {
  if (!isFileName(name))
    throw new GatewayError(
      'REQUEST_INVALID',
      `${JSON.stringify(name)} cannot be an image's name: letters, digits and . _ + - only, at most 100`,
    );
}

/** An address as it may be shown: what stands before the host or after the path can be a password. */
function withoutSecrets(url: string): string {
  const shown = new URL(url);
  shown.username = shown.password = shown.search = shown.hash = '';
  return shown.href;
}
