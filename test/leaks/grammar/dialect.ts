/**
 * How expressions are written for an engine, by the kind that they give. `{kind}` is an expression of that kind, `<kind>`
 * one over the rows of a group (inside an aggregate); the other holes are in `holes`, `flavoured` and expressions.ts. `==`
 * repeats what the last `<kind>` became, so that an order leaves no ties that could be told apart.
 */
import type { Kind } from '../kinds.ts';

type Templates = readonly string[];

export interface Dialect {
  /** NULL, where it needs a type. */
  readonly nulls: Readonly<Partial<Record<Kind, string>>>;
  readonly literals: Readonly<Record<Kind, Templates>>;
  /** Texts to fill in at random, one of them a hole. */
  readonly holes: Readonly<Record<string, Templates>>;
  /** Holes that stand for columns of a flavour, so that most conversions succeed on what may be seen. */
  readonly flavoured: Readonly<
    Record<string, { readonly flavours: readonly string[]; readonly otherwise: Templates }>
  >;
  /** Row by row. */
  readonly scalar: Readonly<Record<Kind, Templates>>;
  /** Any kind, given one of it. `KIND` is that kind. */
  readonly generic: Templates;
  /**
   * Conditions that hold for what may be seen and raise on poison, by the flavour of the column (`@`): the queries that
   * tell of a hidden row unless something holds them.
   */
  readonly raising: Readonly<Record<string, Templates>>;
  /** Over the rows of a group; what depends on the order of rows says which order. */
  readonly aggregate: Readonly<Partial<Record<Kind, Templates>>>;
  /** With OVER; `{over}` is a window. */
  readonly window: Readonly<Partial<Record<Kind, Templates>>>;
  /** Functions that give rows, with the kinds of their columns. */
  readonly sets: readonly { readonly text: string; readonly kinds: readonly Kind[] }[];
  /** Kinds that have a least value. */
  readonly ordered: ReadonlySet<Kind>;
}

export const givingRows = (texts: readonly string[], ...kinds: Kind[]): Dialect['sets'] =>
  texts.map((text) => ({ text, kinds }));

/** A pattern for each of some names. */
export const fill = (pattern: string, names: string): string[] =>
  names.split(' ').map((name) => pattern.replace('NAME', name));
