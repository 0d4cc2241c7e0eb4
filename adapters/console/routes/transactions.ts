import Type from 'typebox';
import { GatewayError } from '../../../gateway/domain/errors.ts';
import { closeTransaction } from '../../../gateway/transaction-ends.ts';
import { listSignedReadings } from '../../../gateway/signed-readings.ts';
import { findTransaction } from '../../../gateway/transactions.ts';
import { presentSignedReading, presentTransaction } from '../present.ts';
import { ok, route } from '../route.ts';
import type { Route } from '../route.ts';
import { ErrorBody, SignedReadingBody, TransactionBody, listOf } from '../schemas.ts';

const Id = Type.Object({ id: Type.String({ minLength: 1, maxLength: 64 }) });

/** What an operator does with one transaction. */
export const transactionRoutes: Route[] = [
  route({
    method: 'POST',
    url: '/api/transactions/:id/close',
    summary: 'End, by estimate, a transaction whose charger does not tell its stop; the CDR says so',
    params: Id,
    body: Type.Object(
      {
        force: Type.Optional(
          Type.Boolean({ description: 'also where the connected charger says that it is still charging' }),
        ),
      },
      { additionalProperties: false },
    ),
    responses: { 200: TransactionBody, 404: ErrorBody, 409: ErrorBody },
    async handle(gw, { params, body }) {
      await closeTransaction(gw, params.id, body.force ?? false);
      return ok(presentTransaction(found(params.id, findTransaction(gw, params.id))));
    },
  }),
  route({
    method: 'GET',
    url: '/api/transactions/:id/signed-readings',
    summary: 'What the meter signed, to the letter, oldest first; at most ten of each end of the transaction',
    params: Id,
    responses: { 200: listOf(SignedReadingBody), 404: ErrorBody },
    handle(gw, { params }) {
      const { seq } = found(params.id, findTransaction(gw, params.id));
      return ok({ items: listSignedReadings(gw, seq).map(presentSignedReading), next: null });
    },
  }),
];

function found<T>(id: string, transaction: T | null): T {
  if (transaction === null) throw new GatewayError('NOT_FOUND', `there is no transaction with the id ${id} here`);
  return transaction;
}
