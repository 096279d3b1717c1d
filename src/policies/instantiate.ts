/**
 * A row filter for one dataset: names become its folded columns, `column('tag')` the columns that carry the tag, and types are checked.
 * What the dataset lacks is a problem, since a filter is never silently skipped.
 */
import type { Column, Dataset } from '../catalogue/dataset.ts';
import { nearest } from '../nearest.ts';
import { columnType } from '../sql/resolve/types.ts';
import { fits } from '../sql/rewrite/literals.ts';
import { covers } from '../tags/tag.ts';
import type { Predicate, PredicateOver, ScalarOperand } from './policy.ts';
import { type TemplateOperand, WhereProblem, type WhereTemplate } from './where.ts';

const MAX_INSTANCES = 64;

/**
 * Where several columns carry a tag, the whole filter is instantiated for each and all instances must hold:
 * of the possible readings the one that releases least, also under NOT.
 * @throws WhereProblem
 */
export function instantiate(template: WhereTemplate, dataset: Dataset): Predicate {
  const columns = dataset.columns.filter((column) => column.state !== 'ghost');
  const tags = [...new Set(operandsOf(template).flatMap((o) => (o.kind === 'tagged' ? [o.tag] : [])))];
  let choices: ReadonlyMap<string, Column>[] = [new Map()];
  for (const tag of tags) {
    const tagged = columns.filter((column) => column.tags.some((t) => covers(tag, t.tag)));
    if (tagged.length === 0) throw new WhereProblem(`no column is tagged \`${tag}\``);
    choices = choices.flatMap((choice) => tagged.map((column) => new Map([...choice, [tag, column]])));
    if (choices.length > MAX_INSTANCES) {
      throw new WhereProblem(
        `more than ${MAX_INSTANCES} combinations of columns carry ${tags.map((t) => `\`${t}\``).join(', ')}`,
      );
    }
  }
  const instances = choices.map((choice) =>
    resolve(template, (operand) => columnOf(operand, columns, choice)),
  );
  const [only] = instances;
  return only !== undefined && instances.length === 1 ? only : { kind: 'and', args: instances };
}

function columnOf(
  operand: Extract<TemplateOperand, { readonly kind: 'column' | 'tagged' }>,
  columns: readonly Column[],
  choice: ReadonlyMap<string, Column>,
): Column {
  if (operand.kind === 'tagged') {
    const column = choice.get(operand.tag);
    if (column !== undefined) return column;
    throw new WhereProblem(`no column is tagged \`${operand.tag}\``);
  }
  const exact = columns.filter((column) => column.folded === operand.name);
  const alike = columns.filter((column) => column.folded.toLowerCase() === operand.name.toLowerCase());
  const [column, second] = exact.length > 0 ? exact : alike;
  if (column !== undefined && second === undefined) return column;
  if (column !== undefined) throw new WhereProblem(`\`${operand.name}\` stands for several columns`);
  const near = nearest(
    operand.name,
    columns.map((c) => c.folded),
  );
  throw new WhereProblem(
    `no column \`${operand.name}\`${near === null ? '' : ` (did you mean \`${near}\`?)`}`,
  );
}

/** Every operand that stands in the filter. */
function operandsOf<O>(predicate: PredicateOver<O>): readonly O[] {
  switch (predicate.kind) {
    case 'and':
    case 'or':
      return predicate.args.flatMap(operandsOf);
    case 'not':
      return operandsOf(predicate.arg);
    case 'compare':
      return [predicate.left, predicate.right];
    case 'in':
      return [predicate.left, ...predicate.values];
    case 'any':
    case 'like':
      return [predicate.left];
    case 'is_null':
      return [predicate.arg];
    case 'true':
    case 'false':
      return [];
    default:
      return predicate satisfies never;
  }
}

interface Typed {
  readonly operand: ScalarOperand;
  /** What it can be compared with; null where that is known only when a query runs. */
  readonly comparable: Comparable | null;
  readonly name: string;
  /** Null where it is no column. */
  readonly column: Column | null;
}

type Comparable = 'text' | 'number' | 'boolean' | 'written' | 'none';

type ColumnLookup = (operand: Extract<TemplateOperand, { readonly kind: 'column' | 'tagged' }>) => Column;

function resolve(template: WhereTemplate, columnOf: ColumnLookup): Predicate {
  const typed = (operand: TemplateOperand): Typed => {
    switch (operand.kind) {
      case 'column':
      case 'tagged': {
        const column = columnOf(operand);
        return {
          operand: { kind: 'column', name: column.folded },
          comparable: comparableOf(column),
          name: `\`${column.folded}\` (${column.type ?? column.family})`,
          column,
        };
      }
      case 'literal':
        return {
          operand,
          comparable: literalComparable(operand.value),
          name: `the ${typeof operand.value} constant`,
          column: null,
        };
      case 'identity':
        return { operand, comparable: null, name: `identity.${operand.path.join('.')}`, column: null };
      default:
        return operand satisfies never;
    }
  };
  const walk = (t: WhereTemplate): Predicate => {
    switch (t.kind) {
      case 'and':
      case 'or':
        return { kind: t.kind, args: t.args.map(walk) };
      case 'not':
        return { kind: 'not', arg: walk(t.arg) };
      case 'compare': {
        const left = typed(t.left);
        const right = typed(t.right);
        check(left, right);
        return { kind: 'compare', op: t.op, left: left.operand, right: right.operand };
      }
      case 'in': {
        const left = typed(t.left);
        const values = t.values.map(typed);
        for (const value of values) check(left, value);
        return { kind: 'in', left: left.operand, values: values.map((value) => value.operand) };
      }
      case 'any': {
        const left = typed(t.left);
        check(left, left);
        return { kind: 'any', left: left.operand, list: t.list };
      }
      case 'like': {
        const left = typed(t.left);
        if (left.comparable !== null && left.comparable !== 'text')
          throw new WhereProblem(`LIKE takes a text column; ${left.name} is none`);
        return { kind: 'like', left: left.operand, pattern: t.pattern, negated: t.negated };
      }
      case 'is_null':
        return { kind: 'is_null', arg: typed(t.arg).operand, negated: t.negated };
      case 'true':
      case 'false':
        return t;
      default:
        return t satisfies never;
    }
  };
  return walk(template);
}

/** Comparing across types would leave the meaning to each engine's own casts, or raise at every query. */
function check(left: Typed, right: Typed): void {
  const pair = [left.comparable, right.comparable];
  if (pair.includes('none')) {
    throw new WhereProblem(
      `${left.comparable === 'none' ? left.name : right.name} cannot be compared in a filter`,
    );
  }
  if (left.comparable === null || right.comparable === null) return;
  // Dates, times and uuids are written as text constants.
  const constant = left.operand.kind === 'literal' || right.operand.kind === 'literal';
  const written = constant && pair.includes('written') && pair.includes('text');
  // A date beyond what a timestamp holds raises as one.
  const apart = left.comparable === 'written' && left.column?.family !== right.column?.family;
  if (!written && (left.comparable !== right.comparable || apart))
    throw new WhereProblem(`${left.name} and ${right.name} are of different types`);
  checkFits(left, right);
  checkFits(right, left);
}

/** A constant that its column cannot hold would match no row, negated or not, and nobody would be told why. */
function checkFits({ column, name }: Typed, { operand }: Typed): void {
  if (column === null || operand.kind !== 'literal') return;
  const constant = String(operand.value);
  const held =
    column.family === 'integer'
      ? /^-?\d+$/.test(constant)
      : comparableOf(column) !== 'written' || fits(constant, columnType(column));
  if (!held) throw new WhereProblem(`the constant ${JSON.stringify(operand.value)} does not fit ${name}`);
}

function comparableOf({ family, type }: Column): Comparable | null {
  switch (family) {
    case 'text':
      // Its own operators disregard case, ours do not: `<> 'us'` would release 'US'.
      return /\bcitext$/i.test(type ?? '') ? 'none' : 'text';
    case 'integer':
    case 'decimal':
    case 'float':
      return 'number';
    case 'boolean':
      return 'boolean';
    case 'date':
    case 'time':
    case 'timestamp':
    case 'timestamptz':
    case 'uuid':
      return 'written';
    case 'interval':
    case 'json':
    case 'bytes':
    case 'list':
    case 'other':
      return 'none';
    case 'unknown':
      return null;
    default:
      return family satisfies never;
  }
}

const literalComparable = (value: string | number | boolean): Comparable =>
  typeof value === 'string' ? 'text' : typeof value === 'number' ? 'number' : 'boolean';
