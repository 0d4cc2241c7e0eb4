import { bootCharger } from '../../../gateway/chargers.ts';
import { toUtcSeconds } from '../../../gateway/domain/time.ts';
import type { Registration } from '../../../gateway/domain/types.ts';
import type { MessageContext } from '../protocol.ts';
import type { BootNotificationResponse, Requests } from '../schemas/generated/v16.ts';
import type { Block } from './table.ts';

const STATUS: Record<Registration, BootNotificationResponse['status']> = {
  accepted: 'Accepted',
  pending: 'Pending',
  rejected: 'Rejected',
};

async function boot(context: MessageContext, request: Partial<Requests['BootNotification']>) {
  const { registration, interval } = await bootCharger(context.gw, context.chargerId, {
    protocol: 'ocpp1.6',
    vendor: request.chargePointVendor ?? null,
    model: request.chargePointModel ?? null,
    serial: request.chargePointSerialNumber ?? request.chargeBoxSerialNumber ?? null,
    firmware: request.firmwareVersion ?? null,
  });
  return { status: STATUS[registration], currentTime: toUtcSeconds(context.gw.clock()), interval };
}

export const provisioning = {
  BootNotification: { handle: boot, partial: true },
} satisfies Block;
