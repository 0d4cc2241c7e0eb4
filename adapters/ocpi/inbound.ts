import { Type } from 'typebox';
import type { Static, TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { invalid } from './envelope.ts';

const CiString = (maxLength: number) => Type.String({ minLength: 1, maxLength });
const Text = (maxLength: number) => Type.String({ maxLength });

const CredentialsRole = Type.Object({
  role: Text(36),
  party_id: CiString(3),
  country_code: CiString(2),
  business_details: Type.Optional(Type.Object({ name: Type.Optional(Type.String()) })),
});

/** OCPI 2.3.0 credentials, Credentials object; 2.2.1 has no `hub_party_id`. */
export const Credentials = Type.Object({
  token: Type.String({ pattern: '^[\\x21-\\x7e]{1,64}$' }),
  url: CiString(255),
  hub_party_id: Type.Optional(CiString(5)),
  roles: Type.Array(CredentialsRole, { minItems: 1, maxItems: 1000 }),
});
export type Credentials = Static<typeof Credentials>;

/** OCPI 2.1.1 credentials, Credentials object: one party, without a role. */
export const FlatCredentials = Type.Object({
  token: Credentials.properties.token,
  url: Credentials.properties.url,
  party_id: CredentialsRole.properties.party_id,
  country_code: CredentialsRole.properties.country_code,
});

/** OCPI 2.3.0 version_information_endpoint, Version. */
export const VersionItem = Type.Object({ version: Text(36), url: CiString(255) });

/** OCPI 2.3.0 version_information_endpoint, Endpoint. */
export const EndpointItem = Type.Object({
  identifier: CiString(255),
  role: Type.Optional(Type.String()),
  url: CiString(255),
});

/** OCPI 2.3.0 mod_hub_client_info, ClientInfo object; its role is open, its status is read by us. */
export const ClientInfo = Type.Object({
  country_code: CiString(2),
  party_id: CiString(3),
  role: Text(36),
  status: Text(36),
  last_updated: Text(40),
});

/** OCPI 2.3.0 mod_tokens, Token object. Types and unknown fields are open; times are read by us, not by the schema. */
export const TokenBody = Type.Object({
  country_code: CiString(2),
  party_id: CiString(3),
  uid: CiString(36),
  type: CiString(36),
  contract_id: CiString(36),
  visual_number: Type.Optional(Text(255)),
  issuer: Text(255),
  group_id: Type.Optional(Text(36)),
  valid: Type.Boolean(),
  whitelist: Type.Enum(['ALWAYS', 'ALLOWED', 'ALLOWED_OFFLINE', 'NEVER']),
  language: Type.Optional(Text(36)),
  last_updated: Text(40),
});
export type TokenBody = Static<typeof TokenBody>;

/**
 * A peer's object by our schema, leniently: null counts as absent, and text that stands for a number or a boolean (or the
 * reverse) is taken. 2001 with the first fault's place where it still does not fit.
 */
export function read<S extends TSchema>(schema: S, value: unknown, what: string): Static<S> {
  const candidate = Value.Convert(schema, withoutNulls(value));
  if (Value.Check(schema, candidate)) return candidate;
  const [fault] = Value.Errors(schema, candidate);
  throw invalid(`${what}${fault?.instancePath.replaceAll('/', '.') ?? ''}: ${fault?.message ?? 'does not fit'}`);
}

/** The items of a list that fit; the others are left out (OCPI 2.3.0 transport_and_format, GET). Null when it is no list. */
export function readItems<S extends TSchema>(schema: S, value: unknown): Static<S>[] | null {
  if (!Array.isArray(value)) return null;
  return value.flatMap((item: unknown) => {
    const candidate = Value.Convert(schema, withoutNulls(item));
    return Value.Check(schema, candidate) ? [candidate] : [];
  });
}

/** Deeper JSON than this is no OCPI object, and walking it could exhaust the stack. */
const DEEPEST = 32;

/** Copies JSON without the fields that are null: OCPI lets optional ones be either (OCPI 2.3.0 terminology, cardinality). */
export function withoutNulls(value: unknown, depth = 0): unknown {
  if (depth > DEEPEST) throw invalid(`the JSON is nested more than ${DEEPEST} levels deep`);
  if (Array.isArray(value)) return value.map((item) => withoutNulls(item, depth + 1));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== null)
      .map(([name, inner]) => [name, withoutNulls(inner, depth + 1)]),
  );
}
