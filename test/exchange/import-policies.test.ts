/** Another product's policies: each part carried over, made stricter with a word, or told as lost; none is passed over. */
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { importPolicies, lostAny } from '../../src/exchange/import-policies.ts';
import { readCatalogue } from '../../src/exchange/read-catalogue.ts';
import { buildSnapshot } from '../../src/snapshot.ts';

const imported = (text: string) => importPolicies([{ path: 'theirs.yml', text }]);

interface Ours {
  readonly id: string;
  readonly [key: string]: unknown;
}

/** What is written, without ids and descriptions. */
function policiesOf(text: string): readonly object[] {
  const { policies } = parse(imported(text).text) as { policies: Ours[] };
  return policies.map(({ id: _, description: __, ...rest }) => rest);
}

const outcomes = (text: string) => imported(text).report.map(({ outcome }) => outcome);

const rule = (
  body: string,
  circumstances = '[{ type: columnTags, columnTag: Discovered.Email }]',
): string => `
name: The rule
policyKey: the rule
type: data
actions:
  - rules:
${body.replace(/^/gm, '      ')}
circumstances: ${circumstances}
`;

const mask = (config: string, rest = ''): string =>
  rule(`- type: Masking
  config:
    fields: [{ type: columnTags, columnTag: Discovered.Email }]
    maskingConfig: ${config}
${rest}`);

const ON = { column_tag: 'Discovered.Email' };

describe('masks', () => {
  it.each<[string, object, string]>([
    ['{ type: Hash }', { with: 'hash' }, 'carried'],
    ['{ type: Consistent Value, metadata: {} }', { with: 'hash' }, 'carried'],
    ['{ type: "Null" }', { with: 'null' }, 'carried'],
    ['{ type: Constant, constant: REDACTED }', { with: 'constant', value: 'REDACTED' }, 'carried'],
    ['{ type: Reversible }', { with: 'tokenise' }, 'carried'],
    ['{ type: Rounding, bucketSize: 50 }', { with: 'bucket', width: 50 }, 'carried'],
    ['{ type: Rounding, timePrecision: MONTH }', { with: 'truncate_date', to: 'month' }, 'carried'],
    ['{ type: Grouping, metadata: { bucketSize: 5 } }', { with: 'bucket', width: 5 }, 'carried'],
    [
      '{ type: Regular Expression, regex: "[0-9]", replacement: "#", global: true }',
      { with: 'regex', pattern: '[0-9]', replace: '#' },
      'stricter',
    ],
    [
      '{ type: Regex, regex: "a", replacement: b, global: true, caseInsensitive: true }',
      { with: 'null' },
      'stricter',
    ],
    ['{ type: Regex, regex: "a", replacement: b }', { with: 'null' }, 'stricter'],
    ['{ type: Rounding }', { with: 'null' }, 'stricter'],
    ['{ type: Format Preserving Masking }', { with: 'hash' }, 'stricter'],
    ['{ type: K-Anonymization }', { with: 'null' }, 'stricter'],
    ['{ type: Custom Function, function: "f(x)" }', { with: 'null' }, 'stricter'],
    ['{}', { with: 'null' }, 'stricter'],
  ])('%s', (config, wanted, outcome) => {
    expect(policiesOf(mask(config))).toEqual([{ on: ON, mask: wanted }]);
    expect(outcomes(mask(config))).toContain(outcome);
    expect(lostAny(imported(mask(config)).report)).toBe(false);
  });

  it('of a part of the rows keeps its condition', () => {
    const text = rule(`- type: Masking
  config:
    fields: [{ type: columnTags, columnTag: Discovered.Email }]
    conditionalPredicate: "@columnTagged('Discovered.Country') = 'USA'"
    maskingConfig: { type: Hash }`);
    expect(policiesOf(text)).toEqual([
      { on: ON, mask: { with: 'hash', where: "column('discovered.country') = 'USA'" } },
    ]);
  });

  it('of a part of the rows that cannot be said masks all', () => {
    const text = rule(`- type: Masking
  config:
    fields: [{ type: columnTags, columnTag: Discovered.Email }]
    conditionalPredicate: "region IN (SELECT r FROM secrets)"
    maskingConfig: { type: Hash }`);
    expect(policiesOf(text)).toEqual([{ on: ON, mask: { with: 'hash' } }]);
    expect(outcomes(text)).toContain('stricter');
  });

  it.each<[string, unknown]>([
    [
      '[{ type: columnTags, columnTag: { name: A } }, { type: columnTags, columnTag: B }]',
      { any: [{ column_tag: 'A' }, { column_tag: 'B' }] },
    ],
    ['[{ type: columnRegex, regex: ssn }]', { column_name: '*ssn*' }],
    ['[{ type: columnRegex, regex: ^ssn$ }]', { column_name: 'ssn' }],
    [
      '[{ name: Discovered.Passport, displayName: Discovered > Passport }]',
      { column_tag: 'Discovered.Passport' },
    ],
  ])('of the fields %s', (fields, on) => {
    const text = rule(
      `- { type: Masking, config: { fields: ${fields}, maskingConfig: { type: Hash } } }`,
      '[]',
    );
    expect(policiesOf(text)).toEqual([{ on, mask: { with: 'hash' } }]);
  });

  it.each([
    '[{ type: noTags }]',
    '[{ type: columnRegex, regex: "^(ssn|sin)$" }]',
    '[]',
    '[{ type: everything }]',
  ])('of the fields %s are lost, since which columns were meant is open', (fields) => {
    const text = rule(`- { type: Masking, config: { fields: ${fields}, maskingConfig: { type: Hash } } }`);
    expect(policiesOf(text)).toEqual([]);
    expect(lostAny(imported(text).report)).toBe(true);
    expect(imported(text).text).toContain('#   - rules:');
  });
});

describe('who is exempt', () => {
  it.each<[string, unknown]>([
    ['{ groups: [HR] }', { group: 'HR' }],
    [
      '{ operator: any, groups: [{ name: HR }], purposes: [Fraud] }',
      { any: [{ group: 'HR' }, { purpose: 'Fraud' }] },
    ],
    [
      '{ operator: all, attributes: [{ name: clearance, value: top }], groups: [HR] }',
      { all: [{ group: 'HR' }, { attribute: { clearance: 'top' } }] },
    ],
    [
      '{ operator: or, conditions: [{ type: groups, group: { name: HR } }, { type: groups, group: { name: IT } }] }',
      { any: [{ group: 'HR' }, { group: 'IT' }] },
    ],
  ])('%s', (exceptions, unless) => {
    const text = mask('{ type: Hash }', `  exceptions: ${exceptions}`);
    expect(policiesOf(text)).toEqual([{ on: ON, mask: { with: 'hash' }, unless }]);
  });

  it.each([
    '{ operator: xor, groups: [HR, IT] }',
    '{ groups: [HR], purposes: [Fraud] }',
    '{ operator: any, groups: [HR], onlyOnWeekdays: true }',
    '{ operator: any, groups: [HR, [IT]] }',
    '{ operator: all, groups: [HR], conditions: [{ type: moon, phase: full }] }',
    "{ advanced: \"@isInGroups('HR') AND @hasTagAsAttribute('x', 'dataSource')\" }",
  ])('%s is not understood, so nobody is', (exceptions) => {
    const text = mask('{ type: Hash }', `  exceptions: ${exceptions}`);
    expect(policiesOf(text)).toEqual([{ on: ON, mask: { with: 'hash' } }]);
    expect(outcomes(text)).toContain('stricter');
  });

  it('rules for some and for the others follow one another', () => {
    const text = rule(`- type: Masking
  inclusions: { groups: [Employee] }
  config: { fields: [{ type: columnTags, columnTag: Discovered.Email }], maskingConfig: { type: "Null" } }
- type: Masking
  exceptions: { groups: [Officers] }
  config: { fields: [{ type: columnTags, columnTag: Discovered.Email }], maskingConfig: { type: Hash } }`);
    expect(policiesOf(text)).toEqual([
      { on: ON, mask: { with: 'null' }, unless: { not: { group: 'Employee' } } },
      { on: ON, mask: { with: 'hash' }, unless: { any: [{ group: 'Employee' }, { group: 'Officers' }] } },
    ]);
  });

  it('where it is open whom a rule is for, the next one is for everyone', () => {
    const text = rule(`- type: Masking
  inclusions: { groups: [Employee], mood: good }
  config: { fields: [{ type: columnTags, columnTag: Discovered.Email }], maskingConfig: { type: "Null" } }
- type: Masking
  config: { fields: [{ type: columnTags, columnTag: Discovered.Email }], maskingConfig: { type: Hash } }`);
    expect(policiesOf(text)).toEqual([
      { on: ON, mask: { with: 'null' } },
      { on: ON, mask: { with: 'hash' } },
    ]);
  });
});

describe('circumstances', () => {
  const masked = (circumstances: string) =>
    policiesOf(
      rule(
        '- { type: Masking, config: { fields: [{ type: columnTags, columnTag: A.B }], maskingConfig: { type: Hash } } }',
        circumstances,
      ),
    )[0];

  it.each<[string, unknown]>([
    ['[{ type: columnTags, columnTag: A }]', { column_tag: 'A.B' }],
    ['[{ type: tags, tag: X }]', { all: [{ column_tag: 'A.B' }, { tag: 'X' }] }],
    ['[{ type: tags, tag: X }, { type: columnTags, columnTag: A.B }]', { column_tag: 'A.B' }],
    ['[{ type: time, startDate: 2024-01-01 }]', { column_tag: 'A.B' }],
    ['[{ type: columnTags, columnTag: A.B.C }]', { column_tag: 'A.B' }],
  ])('of a mask: %s', (circumstances, on) => {
    expect(masked(circumstances)).toMatchObject({ on });
  });

  it('that cannot be said are left out of a mask with a word', () => {
    const text = rule(
      '- { type: Masking, config: { fields: [{ type: columnTags, columnTag: A }], maskingConfig: { type: Hash } } }',
      '[{ type: server, server: elsewhere }]',
    );
    expect(outcomes(text)).toEqual(['stricter']);
  });
});

describe('rows', () => {
  const rows = (type: string, config: string, circumstances?: string) =>
    rule(`- { type: ${type}, config: ${config} }`, circumstances);

  it.each<[string, string, string]>([
    [
      'Row Restriction by Custom Where Clause',
      `{ predicate: "@columnTagged('Geo.Region') = 'north'" }`,
      "column('geo.region') = 'north'",
    ],
    [
      'Row Restriction by Custom Where Clause',
      `{ predicate: "@attributeValuesContains('regions', 'region')" }`,
      'region = any(identity.attributes.regions)',
    ],
    [
      'Row Restriction by Custom Where Clause',
      `{ predicate: "owner = '@username'" }`,
      'owner = identity.sub',
    ],
    [
      'Row Restriction by User Entitlements',
      '{ operator: any, matches: [{ type: group, tag: Dept }, { type: attribute, attribute: regions, tag: { name: Geo } }] }',
      "column('dept') = any(identity.groups) OR column('geo') = any(identity.attributes.regions)",
    ],
  ])('%s %s', (type, config, where) => {
    expect(policiesOf(rows(type, config))).toEqual([{ on: ON, rows: { where } }]);
    expect(outcomes(rows(type, config))).toEqual(['carried']);
  });

  it.each([
    `{ predicate: "region IN (SELECT r FROM x)" }`,
    `{ predicate: "1=1; DROP TABLE x" }`,
    `{ predicate: "@iam = 'x'" }`,
    '{ matches: [{ type: moon, tag: A }] }',
    '{}',
  ])('%s cannot be said: what it is for is closed', (config) => {
    const text = rows('Row Restriction by Custom Where Clause', config);
    expect(policiesOf(text)).toEqual([{ on: ON, deny: 'everyone' }]);
    expect(outcomes(text)).toEqual(['stricter']);
  });

  it.each<[string, string]>([
    ['for all data', '[]'],
    ['where nobody can say', '[{ type: server, server: x }]'],
  ])('%s it is lost', (_name, circumstances) => {
    const text = rows('Row Restriction by Custom Where Clause', '{ predicate: "@iam = 1" }', circumstances);
    expect(policiesOf(text)).toEqual([]);
    expect(lostAny(imported(text).report)).toBe(true);
  });
});

describe('access', () => {
  const subscription = (actions: string, rest = 'circumstances: [{ type: tags, tag: X }]') =>
    `name: Who gets in\ntype: subscription\nactions: ${actions}\n${rest}\n`;

  it.each<[string, unknown]>([
    [
      '{ type: entitlements, entitlements: { operator: any, groups: [A], attributes: [{ name: n, value: v }] } }',
      { any: [{ group: 'A' }, { attribute: { n: 'v' } }] },
    ],
    [
      `{ type: entitlements, advanced: "@isInGroups('A', 'B') AND (NOT @hasAttribute('n', 'v') OR @isInGroups('C'))" }`,
      { all: [{ group: ['A', 'B'] }, { any: [{ not: { attribute: { n: 'v' } } }, { group: 'C' }] }] },
    ],
    ['{ type: anyone, automaticSubscription: true }', { not: { kind: 'anonymous' } }],
  ])('%s', (actions, allow) => {
    expect(policiesOf(subscription(actions))).toEqual([{ on: { tag: 'X' }, allow }]);
    expect(outcomes(subscription(actions))).toEqual(['carried']);
  });

  it.each([
    '{ type: approval, approvals: [{ requiredPermission: OWNER }] }',
    '{ type: manual }',
    `{ type: entitlements, advanced: "@isInGroups('A' OR true" }`,
    `{ type: entitlements, advanced: "@isInGroups('A') OR 1=1" }`,
    '{ type: entitlements, entitlements: { groups: [A], attributes: [{ name: n, value: v }] } }',
    '{ type: entitlements }',
  ])('%s lets nobody in until somebody decides', (actions) => {
    expect(policiesOf(subscription(actions))).toEqual([
      { on: { tag: 'X' }, allow: { group: 'decide:who-gets-in' } },
    ]);
    expect(outcomes(subscription(actions))).toEqual(['stricter']);
  });

  it.each([
    ['of a type that is not known', '{ type: tuesday }', undefined],
    ['for a place that cannot be said', '{ type: anyone }', 'circumstances: [{ type: server, server: x }]'],
    ['for the data of some owners', '{ type: anyone }', 'ownerRestrictions: { groups: [x] }'],
  ])('%s it is lost', (_name, actions, rest) => {
    expect(policiesOf(subscription(actions, rest))).toEqual([]);
    expect(lostAny(imported(subscription(actions, rest)).report)).toBe(true);
  });
});

describe('everything else', () => {
  it.each([
    ['a rule that is not known', rule('- { type: Differential Privacy, config: {} }', '[]')],
    ['a policy of no type', 'name: a\nactions: []'],
    ['a list of no purposes', rule('- { type: Limit to Purpose, config: { purposes: [] } }')],
  ])('%s is lost', (_name, text) => {
    expect(lostAny(imported(text).report)).toBe(true);
  });

  it('purposes are demanded', () => {
    expect(policiesOf(rule('- { type: Limit to Purpose, config: { purposes: [Fraud, Audit] } }'))).toEqual([
      { on: ON, require: { purpose: ['Fraud', 'Audit'] } },
    ]);
  });

  it('what was staged was not in force', () => {
    const text = `${mask('{ type: Hash }')}staged: true\n`;
    expect(policiesOf(text)).toEqual([]);
    expect(outcomes(text)).toEqual(['note']);
  });

  it('what is only the other product’s is told', () => {
    const text = `${mask('{ type: Hash }')}certification: { label: x }\ntags: [a]\n`;
    expect(imported(text).report.map(({ message }) => message)).toEqual(
      expect.arrayContaining(['its certification is not carried over', 'tags is not carried over']),
    );
  });

  it('several documents, lists and names that are the same become policies with names of their own', () => {
    const { text, policies } = imported(
      `${mask('{ type: Hash }')}---\n- ${JSON.stringify(parse(mask('{ type: "Null" }')))}`,
    );
    expect(policies).toBe(2);
    expect((parse(text) as { policies: Ours[] }).policies.map(({ id }) => id)).toEqual([
      'the-rule',
      'the-rule-2',
    ]);
  });

  it('no text of a policy leaves its comment', () => {
    const name = 'x\\n  - id: evil\\n    on: everything\\n    allow: everyone';
    const text = `name: "${name}"\ntype: data\nactions: []\ncertification: { a: "b\\n- id: evil" }\nmore: "\\u2028- id: evil"`;
    expect(policiesOf(text)).toEqual([]);
  });

  it.each([
    ['no YAML', 'a: ['],
    ['a text', 'hello'],
    ['nothing', ''],
    ['a list of texts', '[a, b]'],
    [
      'aliases that multiply',
      `a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [${Array(10).fill('*a')}]\nc: &c [${Array(10).fill('*b')}]\nd: [${Array(10).fill('*c')}]`,
    ],
  ])('%s is refused', (_name, text) => {
    expect(() => imported(text)).toThrow(expect.objectContaining({ code: 'policy_invalid' }));
  });

  it('what is written is what a push takes', () => {
    const { text } = imported(mask('{ type: Hash }', '  exceptions: { groups: [HR] }'));
    const files = new Map([
      [
        'a.yml',
        'namespace: a\naccess_level: open\ndatasets: [{ name: b, columns: [{ name: c, type: text, tags: [discovered.email] }] }]',
      ],
    ]);
    const { manifest, catalog } = readCatalogue(files, { adapter: null });
    const { policies } = buildSnapshot({
      environment: 'test',
      manifest,
      catalog,
      yamlFiles: {},
      physical: {},
      engines: ['w'],
      publish: [],
      searchPath: [],
      prefix: null,
      policyFiles: [{ path: 'policies/imported.yml', text }],
    });
    expect(policies.policies).toMatchObject([{ id: 'the-rule', effect: 'mask', datasets: ['a.b'] }]);
  });
});
