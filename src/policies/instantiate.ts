/**
 * A row filter for one dataset: names become its folded columns, `column('tag')` the columns that carry the tag, and types are checked.
 * What the dataset lacks is a problem, since a filter is never silently skipped.
 */
import type { Column, Dataset } from '../catalogue/dataset.ts';
import { nearest } from '../nearest.ts';
import { covers } from '../tags/tag.ts';
import { check, literalComparable, type Typed, typedColumn } from './comparable.ts';
import type { Predicate, PredicateOver } from './policy.ts';
import { type TemplateOperand, WhereProblem, type WhereTemplate } from './where.ts';

const MAX_INSTANCES = 64;

/** How a filter finds the datasets that it looks into. */
export type FindDataset = (name: string) => Dataset | undefined;

/**
 * Where several columns carry a tag, the whole filter is instantiated for each and all instances must hold:
 * of the possible readings the one that releases least, also under NOT.
 * @param what what the rows are that it holds for: of rows to be masked it is enough that one instance holds
 * @throws WhereProblem
 */
export function instantiate(
  template: WhereTemplate,
  dataset: Dataset,
  find: FindDataset = () => undefined,
  what: 'shown' | 'masked' = 'shown',
): Predicate {
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
    resolve(template, { dataset, find, columnOf: (operand) => columnOf(operand, columns, choice) }),
  );
  const [only] = instances;
  if (only !== undefined && instances.length === 1) return only;
  return { kind: what === 'shown' ? 'and' : 'or', args: instances };
}

/** The columns of a dataset that a name or a tag stands for. @throws WhereProblem where there are none */
export function columnsFor(
  wanted: Extract<TemplateOperand, { readonly kind: 'column' | 'tagged' }>,
  dataset: Dataset,
): readonly Column[] {
  const columns = dataset.columns.filter((column) => column.state !== 'ghost');
  if (wanted.kind === 'column') return [columnOf(wanted, columns, new Map())];
  const tagged = columns.filter((column) => column.tags.some((t) => covers(wanted.tag, t.tag)));
  if (tagged.length === 0) throw new WhereProblem(`no column is tagged \`${wanted.tag}\``);
  return tagged;
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

/** Every operand over the dataset's own columns; a lookup has a dataset of its own. */
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
    case 'lookup':
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

interface Scope {
  readonly dataset: Dataset;
  readonly find: FindDataset;
  readonly columnOf: (operand: Extract<TemplateOperand, { readonly kind: 'column' | 'tagged' }>) => Column;
}

function resolve(template: WhereTemplate, { dataset, find, columnOf }: Scope): Predicate {
  const typed = (operand: TemplateOperand): Typed => {
    switch (operand.kind) {
      case 'column':
      case 'tagged': {
        return typedColumn(columnOf(operand));
      }
      case 'literal':
        return {
          operand,
          comparable: literalComparable(operand.value),
          name: `the ${typeof operand.value} constant`,
          column: null,
        };
      case 'typed':
        return {
          operand: { kind: 'literal', value: operand.value },
          comparable: 'written',
          name: `the ${operand.family} constant`,
          column: null,
          family: operand.family,
        };
      case 'now':
        return { operand, comparable: 'moment', name: 'now()', column: null };
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
      case 'lookup': {
        const source = lookedInto(t.dataset, dataset, find);
        const left = typed(t.left);
        const [column] = columnsFor({ kind: 'column', name: t.column }, source);
        if (column === undefined) throw new WhereProblem(`no column \`${t.column}\``);
        check(left, typedColumn(column));
        return {
          kind: 'lookup',
          left: left.operand,
          dataset: source.id,
          column: column.folded,
          where: t.where === null ? null : instantiate(t.where, source),
        };
      }
      case 'true':
      case 'false':
        return t;
      default:
        return t satisfies never;
    }
  };
  return walk(template);
}

function lookedInto(name: string, dataset: Dataset, find: FindDataset): Dataset {
  const source = find(name);
  if (source === undefined) throw new WhereProblem(`the filter looks into \`${name}\`, which is no dataset,`);
  if (source.engine !== dataset.engine)
    throw new WhereProblem(`the filter looks into \`${source.id}\`, which lies in another engine,`);
  if (source.invalid !== null)
    throw new WhereProblem(`the filter looks into \`${source.id}\`, which its engine does not have,`);
  return source;
}
