import type { Block } from './table.ts';

async function acknowledge() {
  return {};
}

async function refuseSigning() {
  return { status: 'Rejected' as const };
}

export const security = {
  // Chargers that are refused this give up altogether (Q31).
  SecurityEventNotification: { handle: acknowledge, fallback: {} },
  SignCertificate: { handle: refuseSigning },
} satisfies Block;
