/** The hostile texts of this folder, a file a class: what each is, and what must come of it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { Code } from '../../src/errors.ts';

export interface Attack {
  readonly sql?: string;
  /** A text too long to write out: head, open so many times, body, close as many times. */
  readonly repeat?: { readonly [part in 'head' | 'open' | 'body' | 'close']: string } & {
    readonly times: number;
  };
  readonly params?: readonly unknown[];
  /** The persona; the class's by default. */
  readonly as?: string;
  readonly why?: string;
  /** Refused so; absent where the text is harmless. */
  readonly code?: Code;
  /** What refuses it where the guard does not: `resolve` for all that comes before the engine. */
  readonly stage?: 'resolve' | 'engine';
  /** Of a harmless text: all rows, or the names of the columns, or rows and columns that are the same for another text. */
  readonly rows?: readonly (readonly unknown[])[];
  readonly columns?: readonly string[];
  readonly like?: string;
  /** What differs on PostgreSQL. */
  readonly postgres?: Partial<Omit<Attack, 'sql' | 'repeat' | 'postgres'>>;
  /** Where it means something; all engines by default. */
  readonly engines?: readonly string[];
}

/** An attack as one engine meets it; null where the text means nothing to it. */
export function on(engine: string, { postgres, ...attack }: Attack): Attack | null {
  if (attack.engines !== undefined && !attack.engines.includes(engine)) return null;
  if (engine !== 'postgres' || postgres === undefined) return attack;
  // Refused on one engine, harmless on the other: what is expected is one or the other.
  const { code: _, stage: _stage, rows: _rows, like: _like, ...rest } = attack;
  return { ...rest, ...postgres };
}

export interface AttackClass {
  readonly file: string;
  readonly class: string;
  readonly reason: string;
  /** Analyst by default; `external` has no token. */
  readonly as?: string;
  /** Those that the class is about; all by default. */
  readonly engines?: readonly string[];
  readonly cases: readonly Attack[];
}

export const ATTACKS: readonly AttackClass[] = classesIn('.');

/** The files of a folder below this one. */
export function classesIn<T = AttackClass>(folder: string): readonly T[] {
  const path = join(import.meta.dirname, folder);
  return readdirSync(path)
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => ({ file, ...parse(readFileSync(join(path, file), 'utf8')) }) as T);
}

export function textOf({ sql, repeat }: Attack): string {
  if (repeat === undefined) return sql ?? '';
  const { head, open, body, close, times } = repeat;
  return head + open.repeat(times) + body + close.repeat(times);
}

/** For the name of a test. */
export function shown(attack: Attack): string {
  return textOf(attack).slice(0, 80);
}
