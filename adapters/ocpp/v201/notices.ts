import type { Block } from './table.ts';

/** Taken note of, with the raw frames: nothing here acts on it. */
const noted = { handle: async () => ({}), fallback: {} } as const;

/** What a charger tells that changes nothing here, and what only a party of Plug & Charge could answer. */
export const notices = {
  ClearedChargingLimit: noted,
  NotifyChargingLimit: noted,
  NotifyCustomerInformation: noted,
  NotifyDisplayMessages: noted,
  NotifyEVChargingNeeds: { handle: async () => ({ status: 'Rejected' as const }) },
  NotifyEVChargingSchedule: { handle: async () => ({ status: 'Rejected' as const }) },
  NotifyMonitoringReport: noted,
  PublishFirmwareStatusNotification: noted,
  ReportChargingProfiles: noted,
  Get15118EVCertificate: { handle: async () => ({ status: 'Failed' as const, exiResponse: '' }) },
  GetCertificateStatus: { handle: async () => ({ status: 'Failed' as const }) },
} satisfies Block;
