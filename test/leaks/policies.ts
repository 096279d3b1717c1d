/**
 * A world's rules as a user would write them, compiled and decided by the gate itself: the same rules as in the world,
 * among others that must not count (exempted, weaker, about other datasets).
 */
import { createDecider } from '../../src/access/decide.ts';
import type { Decision, DecisionContext } from '../../src/access/decision.ts';
import { partiesOf } from '../../src/access/party.ts';
import { createPdp } from '../../src/access/pdp.ts';
import type { Catalogue } from '../../src/catalogue/dataset.ts';
import { compilePolicies } from '../../src/policies/compile.ts';
import type { MaskSpec, Predicate, ScalarOperand } from '../../src/policies/policy.ts';
import { identityOf, maskPolicy, type World, type WorldDataset } from './world.ts';

const CONTEXT: DecisionContext = {
  project: null,
  purpose: null,
  environment: 'production',
  time: { epoch: 1_700_000_000, minute_of_day: 0, weekday: 1 },
  client_ip: null,
  grants: [],
};

const decider = createDecider({ pdp: createPdp({ kind: 'embedded' }), cacheSize: 0 });

export async function decisionsByPolicy(
  world: World,
  catalogue: Catalogue,
): Promise<ReadonlyMap<string, Decision>> {
  // JSON is YAML.
  const text = JSON.stringify({ policies: world.datasets.flatMap(policiesOf) });
  const policies = compilePolicies([{ path: 'world.yml', text }], catalogue, { environment: 'production' });
  return decider.decide({
    parties: partiesOf(identityOf(world), () => CONTEXT),
    datasets: catalogue.datasets,
    policies,
    snapshotHash: policies.revision,
    action: 'query',
    request: { sql_tables: [], columns: [], limit: null, offset: null, formats: [] },
  });
}

type Written = Readonly<Record<string, unknown>>;

function policiesOf(dataset: WorldDataset, place: number): readonly Written[] {
  const { id, filters, masks, hidden } = dataset;
  const named = (what: string): string => maskPolicy(dataset, what);
  const on = (column: string): Written => ({ all: [{ id }, { column_name: column }] });
  return [
    ...filters.map((filter, i) => ({ id: named(`rows-${i}`), on: { id }, rows: { where: written(filter) } })),
    ...Object.entries(masks).map(([column, mask]) => ({
      id: named(`mask-${column}`),
      on: on(column),
      mask: writtenMask(mask),
    })),
    ...Object.entries(dataset.conditional ?? {}).map(([column, { mask, where }]) => ({
      id: named(`some-${column}`),
      on: on(column),
      mask: { ...writtenMask(mask), where: written(where) },
    })),
    // Weaker than any other: it loses wherever there is a mask.
    ...Object.keys(masks).map((column, i) => ({
      id: named(`weaker-${i}`),
      on: on(column),
      mask: { with: 'truncate_date', to: 'hour' },
      ...(masks[column]!.kind === 'truncate_date' ? { unless: { group: 'analysts' } } : {}),
    })),
    ...hidden.map((column, i) => ({ id: named(`hide-${i}`), on: on(column), mask: { with: 'hide' } })),
    // In a world without other rules, one condition must not exempt from all of them: such policies are refused.
    {
      id: named('exempt'),
      on: { id },
      rows: { where: 'false' },
      unless: place % 2 === 0 ? { role: 'reader' } : { group: 'analysts' },
    },
    { id: named('elsewhere'), on: { all: [{ id }, { namespace: 'bronze' }] }, deny: 'everyone' },
  ];
}

function writtenMask(mask: MaskSpec): Written {
  switch (mask.kind) {
    case 'hide':
    case 'null':
      return { with: mask.kind };
    case 'constant':
      return { with: 'constant', value: mask.value };
    case 'hash':
      return { with: 'hash', scope: mask.scope };
    case 'partial': {
      const { kind, with: fill, ...options } = mask;
      return { with: kind, ...options, fill };
    }
    case 'custom':
      return { with: 'custom', expression: mask.expression };
    case 'tokenise':
      return { with: 'tokenise', scope: mask.scope };
    case 'regex':
    case 'bucket':
    case 'round':
    case 'truncate_date': {
      const { kind, ...options } = mask;
      return { with: kind, ...options };
    }
    default:
      return mask satisfies never;
  }
}

function written(predicate: Predicate): string {
  switch (predicate.kind) {
    case 'and':
    case 'or':
      return `(${predicate.args.map(written).join(` ${predicate.kind} `)})`;
    case 'not':
      return `(not ${written(predicate.arg)})`;
    case 'true':
    case 'false':
      return predicate.kind;
    case 'compare':
      return `(${operand(predicate.left)} ${predicate.op} ${operand(predicate.right)})`;
    case 'in':
      return `(${operand(predicate.left)} in (${predicate.values.map(operand).join(', ')}))`;
    case 'any':
      return `(${operand(predicate.left)} = any(identity.${predicate.list.path.join('.')}))`;
    case 'is_null':
      return `(${operand(predicate.arg)} is ${predicate.negated ? 'not ' : ''}null)`;
    case 'lookup': {
      const where = predicate.where === null ? '' : ` where ${written(predicate.where)}`;
      return `(${operand(predicate.left)} in (select "${predicate.column}" from ${predicate.dataset}${where}))`;
    }
    case 'like':
      return `(${operand(predicate.left)} ${predicate.negated ? 'not ' : ''}like ${text(predicate.pattern)})`;
    default:
      return predicate satisfies never;
  }
}

function operand(one: ScalarOperand): string {
  switch (one.kind) {
    case 'column':
      return `"${one.name}"`;
    case 'literal':
      return typeof one.value === 'string' ? text(one.value) : String(one.value);
    case 'identity':
      return `identity.${one.path.join('.')}`;
    case 'now':
      return `now()${shifted(one.months, 'months')}${shifted(one.days, 'days')}`;
    default:
      return one satisfies never;
  }
}

const shifted = (count: number, unit: string): string =>
  count === 0 ? '' : ` ${count < 0 ? '-' : '+'} interval '${Math.abs(count)} ${unit}'`;

const text = (value: string): string => `'${value.replaceAll("'", "''")}'`;
