/** A YAML text as plain values that still know their lines, so that every problem can name its place. */
import { type Document, isAlias, isMap, isNode, isScalar, isSeq, LineCounter, parseAllDocuments } from 'yaml';
import type { Path } from './problem.ts';

export interface YamlDocument {
  readonly value: unknown;
  /** 1-based line of the deepest part of the path that exists. */
  lineOf(path: Path): number;
}

export interface YamlProblem {
  readonly line: number;
  readonly message: string;
}

/** Strict YAML 1.2: one document, unique text keys, aliases bounded. */
export function readYaml(text: string): YamlDocument | { readonly problems: readonly YamlProblem[] } {
  const lines = new LineCounter();
  const lineAt = (offset: number) => Math.max(1, lines.linePos(offset).line);
  try {
    const parsed = parseAllDocuments(text, { lineCounter: lines, uniqueKeys: true, stringKeys: true });
    const documents = Array.isArray(parsed) ? parsed : [];
    const [document, second] = documents;
    if (document === undefined) return { value: null, lineOf: () => 1 };
    const problems = documents.flatMap((d) =>
      [...d.errors, ...d.warnings].map((e) => ({ line: lineAt(e.pos[0]), message: inWords(e.message) })),
    );
    if (second !== undefined) {
      problems.push({
        line: lineAt(second.range[0]),
        message: 'a file holds one YAML document; this one holds several',
      });
    }
    if (problems.length > 0) return { problems };
    const value: unknown = document.toJS({ maxAliasCount: 100 });
    return { value, lineOf: (path) => lineAt(offsetOf(document, path)) };
  } catch (error) {
    return { problems: [{ line: 1, message: inWords(error instanceof Error ? error.message : '') }] };
  }
}

/** The library adds the place and an excerpt; the place is told in our own form. */
function inWords(message: string): string {
  if (message.includes('call stack')) return 'the YAML is nested too deeply';
  return message.split(/ at line \d+|\n/)[0] || 'unreadable YAML';
}

function offsetOf(document: Document.Parsed, path: Path): number {
  let node: unknown = document.contents;
  let offset = 0;
  for (const segment of path) {
    if (isAlias(node)) node = node.resolve(document);
    let place: unknown;
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && item.key.value === segment);
      place = pair?.key;
      node = pair?.value;
    } else if (isSeq(node) && typeof segment === 'number') {
      node = node.items[segment];
      place = node;
    }
    if (!isNode(place) || !place.range) return offset;
    offset = place.range[0];
  }
  return offset;
}
