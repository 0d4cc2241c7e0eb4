import { requestCertificate } from '../../../gateway/certificates.ts';
import type { MessageContext, Protocol } from '../protocol.ts';
import type { Requests } from '../schemas/generated/v21.ts';
import { v201 } from '../v201/index.ts';

/** In 2.1 a request can have a number (A02), which the certificate comes with. */
export const signCertificate = {
  async handle({ gw, chargerId }: MessageContext, { csr, certificateType, requestId }: Requests['SignCertificate']) {
    // Certificates for Plug & Charge are another authority's to give.
    const ours = certificateType === undefined || certificateType === 'ChargingStationCertificate';
    const accepted = ours && (await requestCertificate(gw, chargerId, csr, requestId));
    return { status: accepted ? ('Accepted' as const) : ('Rejected' as const) };
  },
};

/** As 2.0.1, with that number. */
export const encode: Protocol['encode'] = (order, quirks) => {
  const call = v201.encode(order, quirks);
  if (!call || order.kind !== 'certificate-signed' || !('requestId' in order) || order.requestId === null) return call;
  return { ...call, payload: { ...call.payload, requestId: order.requestId } };
};
