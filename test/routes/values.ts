/** Requests made from the OpenAPI document: values that fit a schema, values that almost do, and whatever else people send. */
import fc from 'fast-check';
import type { Schema } from './document.ts';

/** Texts for a member or a parameter of a name. */
export type Vocabulary = Readonly<Record<string, readonly string[]>>;

/** What stands in the example, and texts that get past the first check of where they stand. */
const KNOWN: Vocabulary = {
  dataset_id: [
    'gold.members',
    'gold.communities',
    'bronze.readings',
    'gold.beta_usage',
    'GOLD.Members',
    'sluice.audit',
  ],
  dataset: ['gold.members', 'bronze.readings', 'gold.payment_accounts', 'sluice.audit', 'gold.*'],
  column: ['email', 'iban', 'region', 'nothing'],
  project: ['load_forecast', 'partner_clean_room', 'invoice_review', 'nowhere'],
  name: ['load_forecast', 'partner_clean_room', 'community_dashboard', 'nowhere'],
  room: ['partner_clean_room', 'nowhere'],
  purpose: ['grid-planning', 'fraud-investigation', 'none'],
  kind: ['dataset', 'project', 'unmask', 'unfilter'],
  sql: [
    'SELECT 1',
    'SELECT * FROM gold.members',
    'SELECT region, count(*) FROM gold.members GROUP BY region',
    'SELECT count(*) FROM gold.meter_readings WHERE member_id = $1',
    'SELECT email FROM gold.members ORDER BY 1 LIMIT 3 OFFSET 2',
    'SELECT * FROM gold.beta_usage',
    'SELECT * FROM sluice.audit LIMIT 1',
    'SELECT 1/0',
    "SELECT 'x'::int",
    'SELECT $1 + $2',
    'SELECT $1::text[]',
    'SELECT',
    'DROP TABLE gold.members',
    'SELECT pg_sleep(10)',
  ],
  select: ['*', 'member_id, region', 'count(*)', '1/0', ')', 'email AS "x y"'],
  where: ["region = 'north'", 'true', '1 = 1 OR (', 'member_id IS NULL --', 'now() > now()'],
  order: ['1', 'member_id DESC', 'nothing', 'random()', '1 LIMIT 5'],
  cursor: ['e30', 'eyJvIjoxfQ.x', 'AAAA', '.', 'null'],
  etag: ['00000000', 'deadbeefdeadbeef'],
  against: ['00000000'],
  duration: ['30m', '2h', '7d', '0m', '-1h', '999999999d', 'P1D'],
  until: ['2030-01-01T00:00:00Z', '2001-01-01', '9999-12-31T23:59:59Z', 'tomorrow', '2030-02-30T00:00:00Z'],
  from: ['2026-01-01', '2026-01-01T00:00:00Z', '0000-01-01', '9999-12-31'],
  to: ['2030-01-01', '2026-01-01T00:00:00+23:59', '0000-01-01', '9999-12-31'],
  tag: ['pii', 'pii.email', 'seen', ''],
  source: ['tool', 'dbt', 'lineage'],
  version: ['1', '55576e2fb2eb4547'],
  request_id: ['none'],
  id: ['none'],
  personas: ['analyst', 'nobody'],
  namespace: ['gold', 'bronze', ''],
  path: ['policies/a.yml', '../a.yml', ''],
  text: [
    'policies: []',
    'policies:\n  - id: a\n    on: everything\n    deny: everyone\n',
    ': : :',
    '&a [*a]',
  ],
};
const KNOWN_IN_LISTS: Readonly<Record<string, string>> = {
  datasets: 'dataset',
  columns: 'column',
  search_path: 'namespace',
  add: 'tag',
  remove: 'tag',
  personas: 'personas',
};

/** Strings that have broken something somewhere. */
const SHARP = [
  '',
  ' ',
  '\u0000',
  'a\u0000b',
  '\ud800',
  '\u202e💥é',
  'ﷺ'.repeat(300),
  'x'.repeat(6_000),
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '../../../etc/passwd',
  '%00',
  '%zz',
  "' OR '1'='1",
  '"; DROP TABLE x; --',
  '{{1+1}}',
  '-0',
  '1e999',
  'NaN',
  'null',
  'true',
  '9223372036854775808',
  '\r\nx-injected: 1',
];

export const sharpText = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...SHARP) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
  { weight: 1, arbitrary: fc.string({ unit: 'grapheme', maxLength: 40 }) },
);

const sharpNumber = fc.constantFrom(
  -1,
  0,
  -0,
  1.5,
  1e21,
  1e308,
  -1e308,
  2 ** 31,
  2 ** 53 + 2,
  -(2 ** 63),
  5e-324,
);

/** Anything that JSON can say, the keys that objects inherit among it. */
export const anyJson: fc.Arbitrary<unknown> = fc.oneof(
  sharpText,
  sharpNumber,
  fc.constantFrom<unknown>(null, true, false, [], {}, [[[[[]]]]], [null], { '': null }),
  fc
    .constantFrom(
      '{"__proto__":{"a":1}}',
      '{"constructor":{"prototype":{"a":1}}}',
      '{"toString":1,"length":-1}',
    )
    .map((text) => JSON.parse(text) as unknown),
  fc.jsonValue({ maxDepth: 3 }),
);

const isOne = (schema: Schema, type: string): boolean =>
  Array.isArray(schema.type) ? schema.type.includes(type) : schema.type === type;

function texts(schema: Schema, name: string, live: Vocabulary): fc.Arbitrary<string> {
  const { minLength = 0, maxLength = 60, pattern, format } = schema;
  const known = [KNOWN, live].flatMap((one) => (Object.hasOwn(one, name) ? one[name]! : []));
  const free =
    format === 'date-time'
      ? fc
          .date({ noInvalidDate: true, min: new Date(0), max: new Date(4e12) })
          .map((date) => date.toISOString())
      : pattern !== undefined && pattern.length < 60 && !pattern.includes('(?')
        ? fc.stringMatching(new RegExp(pattern))
        : fc.string({ minLength, maxLength: Math.max(minLength, Math.min(maxLength, 60)) });
  return known.length === 0
    ? free
    : fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...known) }, { weight: 1, arbitrary: free });
}

/** Values that the schema allows, or nearly: no library knows every pattern. */
export function fitting(schema: Schema, live: Vocabulary, name = ''): fc.Arbitrary<unknown> {
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  const either = schema.anyOf ?? schema.oneOf;
  if (either !== undefined) return fc.oneof(...either.map((one) => fitting(one, live, name)));
  if (isOne(schema, 'string')) return texts(schema, name, live);
  if (isOne(schema, 'integer'))
    return fc.integer({
      min: Math.max(schema.minimum ?? 0, -(2 ** 31)),
      max: Math.min(schema.maximum ?? 1_000, 2 ** 31),
    });
  if (isOne(schema, 'number')) return fc.double({ noNaN: true, noDefaultInfinity: true });
  if (isOne(schema, 'boolean')) return fc.boolean();
  if (isOne(schema, 'null')) return fc.constant(null);
  if (isOne(schema, 'array'))
    return fc.array(fitting(schema.items ?? {}, live, KNOWN_IN_LISTS[name] ?? name), {
      minLength: schema.minItems ?? 0,
      maxLength: Math.max(schema.minItems ?? 0, 4),
    });
  if (isOne(schema, 'object')) return objects(schema, live);
  return anyJson;
}

function objects(
  { properties = {}, required = [], additionalProperties }: Schema,
  live: Vocabulary,
): fc.Arbitrary<unknown> {
  // What may be left out mostly is: each part that stands there is one more that can be refused.
  const parts = Object.entries(properties).map(([key, one]) => {
    const value = fitting(one, live, key);
    const maybe = fc.oneof({ weight: 7, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value });
    return [key, required.includes(key) ? value : maybe] as const;
  });
  const record = fc
    .record(Object.fromEntries(parts))
    .map((made) => Object.fromEntries(Object.entries(made).filter(([, value]) => value !== undefined)));
  if (typeof additionalProperties !== 'object') return record;
  return fc
    .tuple(
      record,
      fc.dictionary(fc.stringMatching(/^[a-z_]{1,8}$/), fitting(additionalProperties, live), { maxKeys: 3 }),
    )
    .map(([own, more]) => ({ ...more, ...own }));
}

type Change =
  | { readonly kind: 'instead'; readonly value: unknown }
  | { readonly kind: 'leave out' }
  | { readonly kind: 'as well'; readonly key: string; readonly value: unknown };

const change: fc.Arbitrary<Change> = fc.oneof(
  { weight: 4, arbitrary: anyJson.map((value) => ({ kind: 'instead', value }) as const) },
  { weight: 1, arbitrary: fc.constant({ kind: 'leave out' } as const) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.oneof(fc.constantFrom('__proto__', 'constructor', 'extra', ''), sharpText), anyJson)
      .map(([key, value]) => ({ kind: 'as well', key, value }) as const),
  },
);

/** One place somewhere in a value is made wrong. */
export const almost = (schema: Schema, live: Vocabulary): fc.Arbitrary<unknown> =>
  fc

    .tuple(fitting(schema, live), fc.nat(1_000), change)
    .map(([value, place, how]) => changed(value, place, how));

function changed(value: unknown, place: number, how: Change): unknown {
  const copy = structuredClone(value);
  const holders: [holder: Record<string, unknown>, key: string][] = [];
  const look = (one: unknown): void => {
    if (typeof one !== 'object' || one === null) return;
    for (const key of Object.keys(one)) {
      holders.push([one as Record<string, unknown>, key]);
      look((one as Record<string, unknown>)[key]);
    }
  };
  look(copy);
  const [holder, key] = holders[place % Math.max(holders.length, 1)] ?? [null, ''];
  if (holder === null) return how.kind === 'instead' ? how.value : copy;
  const set = (name: string, what: unknown): void => {
    // Not by assignment, which gives `__proto__` to nobody.
    Object.defineProperty(holder, name, {
      value: what,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  };
  if (how.kind === 'instead') set(key, how.value);
  else if (how.kind === 'as well') set(Array.isArray(holder) ? key : how.key, how.value);
  else if (Array.isArray(holder)) holder.splice(Number(key), 1);
  else delete holder[key];
  return copy;
}
