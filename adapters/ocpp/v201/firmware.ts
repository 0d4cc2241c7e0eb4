import { telling } from '../transfer-reports.ts';
import type { Block } from './table.ts';

export const firmware = {
  FirmwareStatusNotification: { handle: telling('firmware'), fallback: {} },
  LogStatusNotification: { handle: telling('log'), fallback: {} },
} satisfies Block;
