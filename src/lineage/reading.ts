/** What the reading of one statement is given, and what is in sight at one place of it. */
import type { Env } from './ctes.ts';
import type { Scope } from './scope.ts';
import type { Shape } from './shape.ts';
import type { Sources } from './sources.ts';

export interface Reading {
  readonly dialect: string;
  /** Functions that may stop a tag, besides those that stop all. */
  readonly words: ReadonlySet<string>;
  /** A relation by its name as written, lower-case; null where nobody knows it. */
  relation(path: readonly string[]): Shape | null;
  /** An ephemeral model that dbt put into the WITH of the statement. */
  ephemeral(name: string): Shape | null;
}

export interface Around {
  readonly reading: Reading;
  readonly env: Env | null;
  readonly outer: Scope | null;
  /** Whether it is the statement itself. */
  readonly top: boolean;
  /** Takes what decides about rows, where that is asked for (EXISTS). */
  readonly conditions: Sources[] | null;
}

export type Evaluate = (query: unknown, around: Around) => Shape;
