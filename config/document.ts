import { LineCounter, parseDocument, type Document, type YAMLError } from 'yaml';

/** A parsed YAML file, and where things stand in it. */
export interface YamlDocument {
  document: Document.Parsed;
  /** Line and column, from 1, of an offset into the text. */
  place(offset: number): { line: number; column: number };
  /** The first syntax fault; what follows it is seldom a fault of its own. */
  fault: { offset: number; message: string } | null;
}

const TOO_DEEP = 'it nests too deeply';

/** Reads YAML 1.2 (`no` is a text, `08:30` too). Never throws: what cannot be parsed is told as `fault`. */
export function parseYaml(text: string): YamlDocument {
  const lines = new LineCounter();
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  try {
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false });
    const first = [...document.errors, ...document.warnings].toSorted((a, b) => a.pos[0] - b.pos[0])[0];
    const fault = first ? { offset: first.pos[0], message: `is not valid YAML: ${words(first)}` } : null;
    return { document, place, fault };
  } catch (error) {
    // The parser recurses: text that nests thousands deep exhausts the stack.
    if (!(error instanceof RangeError)) throw error;
    const fault = { offset: 0, message: `is not valid YAML: ${TOO_DEEP}` };
    return { document: parseDocument(''), place, fault };
  }
}

/** The parser's words, save where they speak to programmers. */
function words(error: YAMLError): string {
  if (error.code === 'MULTIPLE_DOCS') return 'a second document starts here, and only one is read';
  if (error.code === 'RESOURCE_EXHAUSTION') return TOO_DEEP;
  return error.message.replaceAll('\n', ' ');
}
