import { bootCharger } from '../../../gateway/chargers.ts';
import { meetAgain } from '../../../gateway/clocks.ts';
import type { Registration } from '../../../gateway/domain/types.ts';
import { isRecord } from '../lenient.ts';
import type { MessageContext } from '../protocol.ts';
import type { BootNotificationResponse, Requests } from '../schemas/generated/v201.ts';
import { writeTime } from '../times.ts';
import type { Block } from './table.ts';

const STATUS: Record<Registration, BootNotificationResponse['status']> = {
  accepted: 'Accepted',
  pending: 'Pending',
  rejected: 'Rejected',
};

const text = (value: unknown): string | null => (typeof value === 'string' && value.trim() !== '' ? value : null);

async function boot(context: MessageContext, request: Partial<Requests['BootNotification']>) {
  const { gw, chargerId } = context;
  const station: Record<string, unknown> = isRecord(request.chargingStation) ? request.chargingStation : {};
  const { registration, interval } = await bootCharger(gw, chargerId, {
    protocol: context.protocol,
    vendor: text(station['vendorName']),
    model: text(station['model']),
    serial: text(station['serialNumber']),
    firmware: text(station['firmwareVersion']),
  });
  // Its make is known now, and with it perhaps its clock.
  await meetAgain(gw, chargerId);
  return { status: STATUS[registration], currentTime: writeTime(context, gw.clock()), interval };
}

async function heartbeat(context: MessageContext) {
  return { currentTime: writeTime(context, context.gw.clock()) };
}

export const provisioning = {
  BootNotification: { handle: boot, partial: true },
  Heartbeat: { handle: heartbeat },
} satisfies Block;
