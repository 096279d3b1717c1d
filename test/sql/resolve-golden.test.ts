import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadParser } from '../../src/sql/parse.ts';
import { print } from '../../src/sql/print/print.ts';
import { type GoldenCase, readGolden, writeGolden } from './cases.ts';
import { dataset, resolved } from './fixture.ts';

const PATH = 'test/cases/resolve/golden.sql';
const UPDATE = process.env.UPDATE_GOLDEN === '1';
const DATASETS = [
  dataset('gold.members', ['id INTEGER', 'name VARCHAR', 'Region VARCHAR']),
  dataset('gold.orders', ['id INTEGER', 'member_id INTEGER']),
  dataset('gold.accounts', ['id INTEGER', 'iban VARCHAR', 'Holder VARCHAR']),
];
const RULES = { 'gold.accounts': { hidden: ['iban'] } };
const cases = readGolden(PATH);
const updated: GoldenCase[] = [];

beforeAll(loadParser);

afterAll(() => {
  if (UPDATE) writeGolden(PATH, updated);
});

describe('resolution', () => {
  it.each(cases)('$title', (golden) => {
    const printed = print(resolved(golden.sql, DATASETS, RULES).tree);
    updated.push({ ...golden, wanted: printed });
    if (!UPDATE) expect(printed).toBe(golden.wanted);
  });
});
