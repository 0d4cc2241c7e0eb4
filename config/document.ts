import {
  isAlias,
  isCollection,
  isNode,
  isPair,
  LineCounter,
  parseDocument,
  type Alias,
  type Document,
  type Node,
  type YAMLError,
} from 'yaml';

/** A parsed YAML file, and where things stand in it. */
export interface YamlDocument {
  contents: Node | null;
  /** What an alias stands for; nothing where no such anchor comes before it. */
  aliases: Map<Alias, Node | undefined>;
  /** Line and column, from 1, of an offset into the text. */
  place(offset: number): { line: number; column: number };
  /** The first syntax fault; what follows it is seldom a fault of its own. */
  fault: { offset: number; message: string } | null;
}

const TOO_DEEP = 'is not valid YAML: it nests too deeply';

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
    const fault = first ? { offset: first.pos[0], message: words(first) } : null;
    return { contents: document.contents, aliases: aliasesOf(document), place, fault };
  } catch (error) {
    // The parser recurses, and catches itself only in some of the places where that can exhaust the stack.
    if (!(error instanceof RangeError)) throw error;
    return { contents: null, aliases: new Map(), place, fault: { offset: 0, message: TOO_DEEP } };
  }
}

/** Without recursion, unlike the library's own look-up: that exhausts the stack on text that the parser still takes. */
function aliasesOf(document: Document.Parsed): Map<Alias, Node | undefined> {
  const aliases = new Map<Alias, Node | undefined>();
  const anchors = new Map<string, Node>();
  const ahead: unknown[] = [document.contents];
  while (ahead.length > 0) {
    const item = ahead.pop();
    if (isAlias(item)) aliases.set(item, anchors.get(item.source));
    else if (isPair(item)) ahead.push(item.value, item.key);
    else if (isNode(item)) {
      if ('anchor' in item && typeof item.anchor === 'string') anchors.set(item.anchor, item);
      if (isCollection(item)) for (const child of item.items.toReversed()) ahead.push(child);
    }
  }
  return aliases;
}

/** The parser's words, save where they speak to programmers. */
function words(error: YAMLError): string {
  if (error.code === 'RESOURCE_EXHAUSTION') return TOO_DEEP;
  if (error.code === 'MULTIPLE_DOCS') return 'is not valid YAML: a second document starts here, and only one is read';
  return `is not valid YAML: ${error.message.replaceAll('\n', ' ')}`;
}
