/** Which relation answers for a query that may not be read, and what a bare name means to a caller who may not know of all. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { Decision } from '../../src/access/decision.ts';
import { freezeCatalogue } from '../../src/catalogue/lookup.ts';
import { SluiceError } from '../../src/errors.ts';
import { guard } from '../../src/sql/guard/guard.ts';
import { loadParser, parse } from '../../src/sql/parse.ts';
import { admit } from '../../src/sql/resolve/admit.ts';
import { bind } from '../../src/sql/resolve/bind.ts';
import { BOUNDS, dataset, decision } from './fixture.ts';

beforeAll(loadParser);

const named = (id: string) => ({ ...dataset(id, ['id INTEGER']), names: [id] });
const broken = { ...named('gold.broken'), invalid: 'the relation is missing' };
const catalogue = freezeCatalogue(
  [named('gold.orders'), named('silver.orders'), named('gold.secret'), named('gold.denied'), broken],
  [],
  ['gold', 'silver'],
);

/** `+` readable, `-` denied but discoverable, `0` not discoverable. */
type Standing = '+' | '-' | '0';

function answer(sql: string, standing: Readonly<Record<string, Standing>>): string {
  const bound = bind(guard(parse(sql, BOUNDS)), catalogue);
  const decisions = new Map<string, Decision>();
  for (const { id } of bound.datasets) {
    const is = standing[id] ?? '+';
    decisions.set(id, { ...decision(id), allow: is === '+', discoverable: is !== '0' });
  }
  try {
    return admit(bound, decisions)
      .bound.datasets.map(({ id }) => id)
      .join(' ');
  } catch (thrown) {
    if (!(thrown instanceof SluiceError)) throw thrown;
    return `${thrown.code} at ${thrown.position}`;
  }
}

describe('the first relation that may not be read answers', () => {
  const cases: readonly (readonly [string, Readonly<Record<string, Standing>>, string])[] = [
    ['SELECT 1 FROM gold.secret, gold.nowhere', { 'gold.secret': '0' }, 'dataset_not_found at 14'],
    ['SELECT 1 FROM gold.nowhere, gold.secret', { 'gold.secret': '0' }, 'dataset_not_found at 14'],
    ['SELECT 1 FROM gold.denied, gold.nowhere', { 'gold.denied': '-' }, 'access_denied at 14'],
    ['SELECT 1 FROM gold.orders, gold.denied', { 'gold.denied': '-' }, 'access_denied at 27'],
    ['SELECT 1 FROM gold.broken', {}, 'dataset_invalid at 14'],
    ['SELECT 1 FROM gold.broken', { 'gold.broken': '0' }, 'dataset_not_found at 14'],
    ['SELECT 1 FROM gold.broken', { 'gold.broken': '-' }, 'access_denied at 14'],
  ];
  it.each(cases)('%s with %j: %s', (sql, standing, wanted) => expect(answer(sql, standing)).toBe(wanted));
});

describe('a bare name', () => {
  const cases: readonly (readonly [string, Readonly<Record<string, Standing>>, string])[] = [
    ['means the first of the search path', {}, 'gold.orders'],
    ['passes over what is hidden', { 'gold.orders': '0' }, 'silver.orders'],
    ['does not pass over what is merely denied', { 'gold.orders': '-' }, 'access_denied at 14'],
    [
      'is unknown where all are hidden',
      { 'gold.orders': '0', 'silver.orders': '0' },
      'dataset_not_found at 14',
    ],
  ];
  it.each(cases)('%s', (_name, standing, wanted) =>
    expect(answer('SELECT 1 FROM orders', standing)).toBe(wanted),
  );
});

it('an unknown and a hidden name get the same words', () => {
  const words = (sql: string): string => {
    const bound = bind(guard(parse(sql, BOUNDS)), catalogue);
    const hidden = new Map(
      bound.datasets.map(({ id }) => [id, { ...decision(id), allow: false, discoverable: false }]),
    );
    try {
      admit(bound, hidden);
      return 'admitted';
    } catch (thrown) {
      const { code, message, hint, position } = thrown as SluiceError;
      return JSON.stringify([code, message, hint, position]);
    }
  };
  expect(words('SELECT 1 FROM gold.secret').replace('secret', 'sicret')).toBe(
    words('SELECT 1 FROM gold.sicret'),
  );
});
