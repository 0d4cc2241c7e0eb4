import Type from 'typebox';
import type { Static } from 'typebox';
import { ErrorBody } from './schemas.ts';

/** What became of a list of cards, or what would. */
export const ImportBody = Type.Object({
  applied: Type.Boolean({
    description: 'false: nothing was changed, and the counts tell what the good lines would do',
  }),
  added: Type.Integer(),
  changed: Type.Integer(),
  same: Type.Integer(),
  removed: Type.Integer(),
  refused: Type.Integer(),
  refusedLines: Type.Array(
    Type.Object({
      line: Type.Integer(),
      column: Type.Union([Type.String(), Type.Null()], { description: 'null: the line as a whole' }),
      reason: Type.String(),
    }),
    { description: 'the first hundred' },
  ),
});
export type ImportBody = Static<typeof ImportBody>;

export const RefusedImportBody = Type.Object({ ...ErrorBody.properties, ...ImportBody.properties });
export type RefusedImportBody = Static<typeof RefusedImportBody>;

export const UnfinishedImportBody = Type.Union([
  Type.Object({ mode: Type.String(), since: Type.String({ format: 'date-time' }) }),
  Type.Null(),
]);
