/** WITH: which names are in sight where, and what a name means. A recursive one is computed until it grows no more. */
import { EMPTY, type Shape } from './shape.ts';
import { NOTHING, sameSources } from './sources.ts';
import { type Fields, isFields, kinded, listIn, namesIn, Unreadable } from './tree.ts';

/** Names in sight; the innermost wins. */
export interface Env {
  readonly names: ReadonlyMap<string, () => Shape>;
  readonly outer: Env | null;
}

export function inSight(name: string, env: Env | null): Shape | null {
  for (let here = env; here !== null; here = here.outer) {
    const found = here.names.get(name);
    if (found !== undefined) return found();
  }
  return null;
}

export interface WithContext {
  /** An identifier as the warehouse tells it from others. */
  spell(identifier: unknown): string | null;
  /** Where WITH RECURSIVE may be left unsaid. */
  readonly recursesUnsaid: boolean;
  /** A body under these names. */
  evaluate(body: unknown, columns: readonly string[], env: Env | null): Shape;
  /** Of a relation that stands in place of a CTE, null for all others. */
  known(name: string): Shape | null;
}

/** Steps after which a recursion that still grows is given up. */
const MOST_STEPS = 100;

export function withNames(clause: unknown, env: Env | null, context: WithContext): Env | null {
  if (!isFields(clause)) return env;
  const recursive = clause.recursive === true;
  const ctes = listIn(clause, 'ctes').filter(isFields);
  // Under RECURSIVE every name of the list is in sight of every body; else those before it.
  const all = new Map<string, () => Shape>();
  let before: Env | null = env;
  for (const cte of ctes) {
    const name = context.spell(cte.alias);
    if (name === null || kinded(cte.this) === null)
      throw new Unreadable('a name of WITH stands for no query');
    const sight: Env | null = recursive ? { names: all, outer: env } : before;
    const known = context.known(name);
    const shape =
      known === null
        ? lazily(() =>
            defined(name, cte, sight, recursive || (context.recursesUnsaid && isSet(cte.this)), context),
          )
        : () => known;
    if (recursive) all.set(name, shape);
    else before = { names: new Map([[name, shape]]), outer: before };
  }
  return recursive ? { names: all, outer: env } : before;
}

const isSet = (body: unknown): boolean => ['union', 'intersect', 'except'].includes(kinded(body)?.kind ?? '');

function lazily(compute: () => Shape): () => Shape {
  let state: 'new' | 'busy' | Shape = 'new';
  return () => {
    if (state === 'busy') throw new Unreadable('two names of WITH RECURSIVE need each other');
    if (state !== 'new') return state;
    state = 'busy';
    state = compute();
    return state;
  };
}

function defined(
  name: string,
  cte: Fields,
  sight: Env | null,
  mayRecurse: boolean,
  context: WithContext,
): Shape {
  const columns = namesIn(cte, 'columns');
  if (!mayRecurse) return context.evaluate(cte.this, columns, sight);
  let usesItself = false;
  const step = (self: Shape): Shape => {
    const seen = () => {
      usesItself = true;
      return self;
    };
    return context.evaluate(cte.this, columns, { names: new Map([[name, seen]]), outer: sight });
  };
  let shape = step(EMPTY);
  if (!usesItself) return shape;
  // The first branch says what there is before anything recurs.
  shape = context.evaluate(anchorOf(cte.this), columns, {
    names: new Map([[name, () => EMPTY]]),
    outer: sight,
  });
  for (let steps = 0; steps < MOST_STEPS; steps += 1) {
    const next = step(shape);
    if (sameShape(shape, next)) return next;
    shape = next;
  }
  throw new Unreadable('a recursion that does not settle');
}

function anchorOf(body: unknown): unknown {
  const found = kinded(body);
  if (found === null) return body;
  switch (found.kind) {
    case 'union':
    case 'intersect':
    case 'except':
      return { ...withOnly(anchorOf(found.fields.left), found.fields.with) };
    default:
      return body;
  }
}

/** The branch, under the names that the whole was under. */
function withOnly(branch: unknown, clause: unknown): Fields {
  const found = kinded(branch);
  if (found === null) throw new Unreadable('a recursion without a first branch');
  return isFields(clause) && !isFields(found.fields.with)
    ? { [found.kind]: { ...found.fields, with: clause } }
    : { [found.kind]: found.fields };
}

function sameShape(one: Shape, other: Shape): boolean {
  return (
    one.columns.length === other.columns.length &&
    one.exact === other.exact &&
    (one.open === null) === (other.open === null) &&
    sameSources(one.open?.from ?? NOTHING, other.open?.from ?? NOTHING) &&
    one.columns.every(({ name, sources }, index) => {
      const twin = other.columns[index];
      return twin !== undefined && twin.name === name && sameSources(sources, twin.sources);
    })
  );
}
