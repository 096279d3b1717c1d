/** Masks by pattern: every match replaced by the same text. Patterns are written out anew for each engine, character by character. */
import type { Node } from '../../tree.ts';
import { CALLS, type EngineKind, operation, text, when } from '../build.ts';
import { checkChoice } from './regex-choice.ts';
import { type Pattern, type PatternNode, PatternProblem, parsePattern } from './regex-syntax.ts';

/** @throws PatternProblem */
export function checkedPattern(written: string): Pattern {
  const pattern = parsePattern(written);
  checkChoice(pattern);
  return pattern;
}

/** Checked again wherever it is used, since a decision may have brought it. */
export function isPattern(written: string): boolean {
  try {
    checkedPattern(written);
    return true;
  } catch (error) {
    if (error instanceof PatternProblem) return false;
    throw error;
  }
}

/** @param pattern as `checkedPattern` accepts it: the same result on every engine. */
export function replaceAll(value: Node, pattern: Pattern, replacement: Node, engine: EngineKind): Node {
  // `s`: a dot takes line breaks, as it does in PostgreSQL.
  const options = engine === 'duckdb' ? 'gs' : 'g';
  return CALLS[engine](
    'regexp_replace',
    value,
    text(writePattern(pattern, engine)),
    replacement,
    text(options),
  );
}

/** A backslash would stand for a part of the match. */
export const literalReplacement = (replacement: string): string => replacement.replaceAll('\\', '\\\\');

/** Whether it matches anywhere; so any pattern may be used that can be written, choice or not. */
export function matches(value: Node, pattern: Pattern, engine: EngineKind): Node {
  const written = text(writePattern(pattern, engine));
  return engine === 'duckdb'
    ? CALLS.duckdb('regexp_matches', value, written, text('s'))
    : operation('~', value, written);
}

/** The first match; NULL or empty where there is none. */
export function extract(value: Node, pattern: Pattern, engine: EngineKind): Node {
  const written = text(writePattern(pattern, engine));
  return engine === 'duckdb'
    ? CALLS.duckdb('regexp_extract', value, written)
    : CALLS.postgres('substring', value, written);
}

export function regexMask(
  {
    pattern,
    replace,
    unmatched,
  }: { readonly pattern: string; readonly replace: string; readonly unmatched: 'null' | 'keep' },
  value: Node,
  engine: EngineKind,
): Node {
  const checked = checkedPattern(pattern);
  const replaced = replaceAll(value, checked, text(literalReplacement(replace)), engine);
  return unmatched === 'keep' ? replaced : when(matches(value, checked, engine), replaced, null);
}

function writePattern({ start, end, body }: Pattern, engine: EngineKind): string {
  return `${start ? '^' : ''}(?:${write(body, engine)})${end ? '$' : ''}`;
}

function write(node: PatternNode, engine: EngineKind): string {
  switch (node.kind) {
    case 'set': {
      if (node.negated && node.ranges.length === 0) return '.';
      const ranges = node.ranges.map(([low, high]) =>
        low === high ? point(low, engine) : `${point(low, engine)}-${point(high, engine)}`,
      );
      return `[${node.negated ? '^' : ''}${ranges.join('')}]`;
    }
    case 'sequence':
      return node.parts.map((part) => write(part, engine)).join('');
    case 'choice':
      return `(?:${node.parts.map((part) => write(part, engine)).join('|')})`;
    case 'repeat':
      return `(?:${write(node.part, engine)})${quantity(node.min, node.max)}`;
    default:
      return node satisfies never;
  }
}

function quantity(min: number, max: number | null): string {
  if (max === null) return min === 0 ? '*' : min === 1 ? '+' : `{${min},}`;
  return min === max ? `{${min}}` : `{${min},${max}}`;
}

/** As an escape, so that no character means anything. */
function point(code: number, engine: EngineKind): string {
  const hex = code.toString(16);
  if (engine === 'duckdb') return `\\x{${hex}}`;
  return code > 0xffff ? `\\U${hex.padStart(8, '0')}` : `\\u${hex.padStart(4, '0')}`;
}
