import { Type } from 'typebox';
import type { Static } from 'typebox';
import {
  ACCESS_METHODS,
  CANCEL_REASONS,
  type BookingRequest,
  type Cancellation,
} from '../../gateway/domain/bookings.ts';
import { parseTime, type Millis } from '../../gateway/domain/time.ts';
import { invalid } from './envelope.ts';
import { same } from './headers.ts';
import { read } from './inbound.ts';
import { NOT_AVAILABLE } from './present/shared.ts';
import { domainType } from './token-body.ts';

/** Most of one kind in a request. */
const MOST = 20;

const Id = Type.String({ pattern: '^[\\x20-\\x7e]{1,36}$' });
const Word = Type.String({ minLength: 1, maxLength: 36 });
const Time = Type.String({ minLength: 1, maxLength: 40 });
const Country = Type.String({ pattern: '^[A-Za-z]{2}$' });
const Party = Type.String({ pattern: '^[A-Za-z0-9]{1,3}$' });

/** OCPI 2.3.0 mod_bookings BookingOption: what of it narrows the choice of bays here. One or a list of each is taken. */
const Option = Type.Object({
  evse_uid: Type.Optional(Id),
  connector_format: Type.Optional(Type.Union([Word, Type.Array(Word, { maxItems: MOST })])),
  connector_types: Type.Optional(Type.Union([Word, Type.Array(Word, { maxItems: 100 })])),
  power_types: Type.Optional(Type.Union([Word, Type.Array(Word, { maxItems: MOST })])),
});

/** OCPI 2.3.0 mod_bookings BookingRequest. */
const Body = Type.Object({
  country_code: Country,
  party_id: Party,
  request_id: Id,
  booking_option: Type.Optional(Option),
  location_id: Id,
  booking_location_id: Type.Optional(Id),
  tokens: Type.Optional(
    Type.Array(Type.Object({ country_code: Country, party_id: Party, uid: Id, type: Word, contract_id: Id }), {
      maxItems: MOST,
    }),
  ),
  access_information: Type.Optional(
    Type.Array(Type.Object({ method: Word, value: Type.Optional(Type.String({ maxLength: 255 })) }), {
      maxItems: MOST,
    }),
  ),
  period: Type.Object({ start_date_time: Time, end_date_time: Time }),
  authorization_reference: Id,
  power_required: Type.Optional(Type.Number({ minimum: 0, maximum: 100_000 })),
  canceled: Type.Optional(Type.Object({ cancellation_reason: Word })),
});

/** A peer's request in the domain's words, and what it says of the place, which has still to be found. */
export interface BookingRequestBody {
  asked: Omit<BookingRequest, 'peer' | 'place' | 'receivedAt'>;
  where: { location: string; place: string | null };
  /** What the bay has to have; empty: anything. */
  option: { standards: string[]; powerTypes: string[]; formats: string[] };
}

/** Reads it. Throws OcpiFault (2001) where it does not fit. */
export function readBookingRequest(sent: unknown): BookingRequestBody {
  const body = read(Body, sent, 'BookingRequest');
  const option = body.booking_option ?? {};
  const evse = option.evse_uid;
  return {
    asked: {
      countryCode: body.country_code.toUpperCase(),
      partyId: body.party_id.toUpperCase(),
      requestId: body.request_id,
      evseUid: evse === undefined || evse === NOT_AVAILABLE ? null : evse,
      tokens: (body.tokens ?? []).map((token) => ({
        countryCode: token.country_code.toUpperCase(),
        partyId: token.party_id.toUpperCase(),
        uid: token.uid,
        type: domainType(token.type),
        contractId: token.contract_id,
      })),
      access: (body.access_information ?? []).map(toAccess),
      startsAt: timeOf(body.period.start_date_time, 'start_date_time'),
      endsAt: timeOf(body.period.end_date_time, 'end_date_time'),
      authorizationReference: body.authorization_reference,
      powerKw: body.power_required === undefined ? null : Math.round(body.power_required),
      cancel: toCancellation(body.canceled),
    },
    where: { location: body.location_id, place: body.booking_location_id ?? null },
    option: {
      standards: listOf(option.connector_types),
      powerTypes: listOf(option.power_types),
      formats: listOf(option.connector_format),
    },
  };
}

function toAccess({ method, value }: { method: string; value?: string }): BookingRequest['access'][number] {
  const known = ACCESS_METHODS.find((each) => same(each, method));
  if (known === undefined) throw invalid(`BookingRequest.access_information: there is no method ${method}`);
  return { method: known, value: value ?? null };
}

/** Whoever asks for it here is who called it off: a peer cannot make its late cancellation ours. */
function toCancellation(canceled: Static<typeof Body>['canceled']): Cancellation | null {
  if (!canceled) return null;
  return { reason: CANCEL_REASONS.find((each) => same(each, canceled.cancellation_reason)) ?? 'UNKNOWN', by: 'EMSP' };
}

function timeOf(text: string, field: string): Millis {
  const at = parseTime(text)?.at;
  if (at === undefined || Number.isNaN(at)) throw invalid(`BookingRequest.period.${field}: expected a DateTime`);
  return at;
}

function listOf(value: string | string[] | undefined): string[] {
  return value === undefined ? [] : [value].flat();
}
