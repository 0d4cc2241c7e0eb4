import type { TransferProgress, TransferReport } from '../../gateway/domain/transfers.ts';
import { reportTransfer } from '../../gateway/transfers.ts';
import type { MessageContext } from './protocol.ts';

/** Statuses after which nothing more happens; every other one is on the way. */
const ENDS: Record<string, TransferProgress> = {
  Installed: 'done',
  Uploaded: 'done',
  DownloadFailed: 'failed',
  InstallationFailed: 'failed',
  InvalidSignature: 'failed',
  InstallVerificationFailed: 'failed',
  UploadFailed: 'failed',
  // As the security extension words it.
  UploadFailure: 'failed',
  BadMessage: 'failed',
  NotSupportedOperation: 'failed',
  PermissionDenied: 'failed',
  AcceptedCanceled: 'failed',
};

/** Is at nothing: an answer to TriggerMessage, no news of a transfer. */
const IDLE = 'Idle';

/** Takes in how a transfer of a file goes; the words are the same in all versions. */
export function telling(about: TransferReport['about']) {
  return async ({ gw, chargerId }: MessageContext, request: { status: string; requestId?: number }) => {
    const { status, requestId = null } = request;
    if (status !== IDLE)
      await reportTransfer(gw, chargerId, { about, requestId, status, progress: ENDS[status] ?? 'open' });
    return {};
  };
}
