import type { Block } from './table.ts';

async function acknowledge() {
  return {};
}

export const firmware = {
  DiagnosticsStatusNotification: { handle: acknowledge, fallback: {} },
  FirmwareStatusNotification: { handle: acknowledge, fallback: {} },
  LogStatusNotification: { handle: acknowledge, fallback: {} },
  SignedFirmwareStatusNotification: { handle: acknowledge, fallback: {} },
} satisfies Block;
