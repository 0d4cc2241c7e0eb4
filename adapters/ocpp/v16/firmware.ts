import { telling } from '../transfer-reports.ts';
import type { Block } from './table.ts';

export const firmware = {
  DiagnosticsStatusNotification: { handle: telling('diagnostics'), fallback: {} },
  FirmwareStatusNotification: { handle: telling('firmware'), fallback: {} },
  LogStatusNotification: { handle: telling('log'), fallback: {} },
  SignedFirmwareStatusNotification: { handle: telling('firmware'), fallback: {} },
} satisfies Block;
