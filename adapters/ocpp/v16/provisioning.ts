import { bootCharger } from '../../../gateway/chargers.ts';
import { meetAgain } from '../../../gateway/clocks.ts';
import type { Registration } from '../../../gateway/domain/types.ts';
import type { MessageContext } from '../protocol.ts';
import type { BootNotificationResponse, Requests } from '../schemas/generated/v16.ts';
import type { Block } from './table.ts';
import { writeTime } from '../times.ts';

const STATUS: Record<Registration, BootNotificationResponse['status']> = {
  accepted: 'Accepted',
  pending: 'Pending',
  rejected: 'Rejected',
};

async function boot(context: MessageContext, request: Partial<Requests['BootNotification']>) {
  const { gw, chargerId } = context;
  const { registration, interval } = await bootCharger(gw, chargerId, {
    protocol: 'ocpp1.6',
    vendor: request.chargePointVendor ?? null,
    model: request.chargePointModel ?? null,
    serial: request.chargePointSerialNumber ?? request.chargeBoxSerialNumber ?? null,
    firmware: request.firmwareVersion ?? null,
  });
  // Its make is known now, and with it perhaps its clock.
  await meetAgain(gw, chargerId);
  return { status: STATUS[registration], currentTime: writeTime(context, gw.clock()), interval };
}

export const provisioning = {
  BootNotification: { handle: boot, partial: true },
} satisfies Block;
