import { beforeAll, describe, expect, it } from 'vitest';
import type { Dataset } from '../../src/catalogue/dataset.ts';
import { SluiceError } from '../../src/errors.ts';
import { loadParser } from '../../src/sql/parse.ts';
import { readCases } from './cases.ts';
import { dataset, resolved } from './fixture.ts';

const DATASETS = [
  dataset('gold.members', ['id INTEGER', 'name VARCHAR', 'region VARCHAR', 'iban VARCHAR'], {
    database: 'memory',
    schema: 'raw',
    identifier: 'members',
  }),
  dataset('gold.orders', ['id INTEGER', 'x INTEGER']),
  dataset('gold.accounts', ['id INTEGER', 'iban VARCHAR']),
  withUnclassified(dataset('gold.loads', ['id INTEGER', 'ssn VARCHAR'])),
];
const RULES = { 'gold.members': { hidden: ['iban'] } };

/** The warehouse has its last column, and nobody has said what it holds. */
function withUnclassified(from: Dataset): Dataset {
  const last = from.columns.length - 1;
  const columns = from.columns.map((column, i) => (i < last ? column : { ...column, exposed: false }));
  return { ...from, columns };
}

beforeAll(loadParser);

function refusal(sql: string): SluiceError {
  try {
    resolved(sql, DATASETS, RULES);
  } catch (error) {
    if (error instanceof SluiceError) return error;
    throw error;
  }
  throw new Error('was not refused');
}

describe('refused by name', () => {
  it.each(readCases('test/cases/resolve/refused.sql'))('$title: $sql', ({ title, sql }) => {
    const [code, pointed] = title.split(' @');
    const error = refusal(sql);
    expect(error.code).toBe(code);
    if (pointed !== undefined) expect(error.position).toBe(`${sql};`.lastIndexOf(pointed));
  });
});

it('answers a hidden column exactly as one that does not exist', () => {
  const hidden = refusal('SELECT iban FROM members');
  const unknown = refusal('SELECT xban FROM members');
  expect({ ...hidden, message: hidden.message.replace('iban', 'xban') }).toEqual({
    ...unknown,
    message: unknown.message,
  });
});

it('hints at visible names only', () => {
  expect(refusal('SELECT regin FROM members').hint).toBe('Did you mean "region"?');
  expect(refusal('SELECT ibann FROM members').hint).toBeNull();
});

it('answers physical, system and unknown relations with one message', () => {
  const words = ['raw.members', 'pg_catalog.pg_class', 'nothing.here'];
  const messages = words.map((word) => refusal(`SELECT 1 FROM ${word}`).message.replace(word, 'x'));
  expect(new Set(messages).size).toBe(1);
});
