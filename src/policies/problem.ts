/** How readers of policy files report what is wrong: all problems at once, each with its place and the nearest right word. */
import { nearest } from '../nearest.ts';

/** Keys and indices from the root of the YAML value. */
export type Path = readonly (string | number)[];

export type Report = (path: Path, message: string) => void;

const SHOWN = 12;

/** Ends a message with the nearest right word, or with all of them where none is near. */
export function suggest(word: string, known: readonly string[]): string {
  const near = nearest(word, known);
  if (near !== null) return `; did you mean \`${near}\`?`;
  const more = known.length > SHOWN ? ', …' : '';
  return `; known are ${known.slice(0, SHOWN).join(', ')}${more}`;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A map with none but the known keys; null (reported) where the value is no map. Unknown keys are reported, each at its own place. */
export function readRecord(
  value: unknown,
  known: readonly string[],
  path: Path,
  report: Report,
): Record<string, unknown> | null {
  if (!isRecord(value)) {
    report(path, `expected a map with ${known.join(', ')}; found ${kindOf(value)}`);
    return null;
  }
  for (const key of Object.keys(value)) {
    if (!known.includes(key)) report([...path, key], `unknown key \`${key}\`${suggest(key, known)}`);
  }
  return value;
}

export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  return typeof value === 'string'
    ? `the text \`${value.slice(0, 60)}\``
    : `the ${typeof value} ${String(value)}`;
}
