import type { ReaderSettings } from '../../gateway/domain/readers.ts';
import { readerProblems } from './readers/index.ts';

/** What is wrong with the readers of a configuration that their protocols alone can tell, a sentence each. */
export function checkReaders(readers: readonly ReaderSettings[]): string[] {
  return readers.flatMap(({ id, protocol, options }) =>
    readerProblems(protocol, options).map((problem) => `reader ${id}: ${problem}`),
  );
}
