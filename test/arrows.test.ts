/** Holds the import arrows of docs/architecture.md: who may import whom, and that nothing goes in a circle. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

const SRC = join(import.meta.dirname, '../src');

/** Stages in the order of the two spines; a room imports only from the rooms named here (and from itself). */
const MAY_IMPORT: Record<string, readonly string[]> = {
  errors: [],
  cache: [],
  nearest: [],
  'webhook-signature': [],
  findings: [],
  observe: ['errors', 'access', 'engines', 'audit'],
  config: ['errors', 'nearest', 'catalogue', 'tags'],
  identity: ['errors', 'config', 'cache'],
  dbt: ['errors', 'nearest'],
  lineage: ['errors', 'dbt', 'catalogue'],
  tags: ['errors', 'findings', 'nearest', 'dbt', 'catalogue', 'lineage'],
  catalogue: ['errors', 'findings', 'nearest', 'dbt', 'tags', 'engines', 'policies'],
  discovery: ['catalogue'],
  hygiene: [
    'errors',
    'findings',
    'nearest',
    'dbt',
    'lineage',
    'catalogue',
    'tags',
    'policies',
    'discovery',
    'snapshot',
  ],
  policies: ['errors', 'findings', 'nearest', 'catalogue', 'tags', 'identity', 'sql'],
  requests: ['errors', 'catalogue', 'identity', 'policies', 'store'],
  notify: ['errors', 'config', 'requests', 'store', 'webhook-signature'],
  access: ['errors', 'catalogue', 'tags', 'identity', 'policies', 'cache', 'requests'],
  sql: ['errors', 'nearest', 'catalogue', 'identity', 'policies', 'access', 'engines'],
  results: ['errors'],
  engines: ['errors', 'catalogue', 'sql', 'results'],
  store: ['errors'],
  'clean-room': ['errors', 'cache', 'catalogue', 'store'],
  audit: ['errors', 'store', 'webhook-signature'],
  'audit-dataset': ['errors', 'catalogue', 'policies', 'engines', 'audit'],
  exchange: ['errors', 'dbt', 'tags', 'catalogue', 'lineage', 'policies', 'snapshot'],
  snapshot: ['errors', 'findings', 'dbt', 'catalogue', 'lineage', 'tags', 'policies'],
};

const STAGES = Object.keys(MAY_IMPORT);

/** What the doors call, and what it is made of; may use every stage, never a door. */
const SPINES = [
  'query',
  'explain',
  'discover',
  'projects',
  'push',
  'retag',
  'history',
  'lint-applied',
  'gate',
  'request',
  'state',
  'policy-tests',
  'sandbox',
  'plan',
  'simulate',
  'detokenise',
  'usage',
  'audit-sinks',
  'replay',
  'audit-search',
  'audit-desk',
  'denials',
  'rooms',
  'access-requests',
  'grants',
];

/** The edge of the house: puts everything together. */
const ASSEMBLY = ['main', 'open', 'serve', 'doctor', 'lint', 'lint-samples'];

function allowed(from: string, to: string): boolean {
  if (ASSEMBLY.includes(from)) return true;
  if (SPINES.includes(from)) return SPINES.includes(to) || STAGES.includes(to);
  if (from === 'doors')
    return (
      SPINES.includes(to) ||
      [
        'errors',
        'findings',
        'hygiene',
        'config',
        'identity',
        'catalogue',
        'policies',
        'observe',
        'snapshot',
      ].includes(to)
    );
  return MAY_IMPORT[from]?.includes(to) ?? false;
}

/** Rooms that are pure: no I/O, clock, randomness or environment. The parser's WASM is loaded by its own library. */
const PURE = ['exchange', 'dbt', 'catalogue', 'tags', 'policies', 'sql', 'snapshot', 'discovery', 'hygiene'];
const IMPURE_IMPORTS =
  /^node:(fs|net|http|https|child_process|worker_threads|os|process|sqlite|dns|tls|timers)/;
const IMPURE_CALLS =
  /\b(Date\.now|new Date\(\)|Math\.random|performance\.now|randomBytes|randomUUID|setTimeout|setInterval|process\.env)\b/;

interface Import {
  readonly from: string;
  readonly to: string;
  readonly typeOnly: boolean;
}

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));

function room(file: string): string {
  const [first = ''] = file.split('/');
  return first.replace(/\.ts$/, '');
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
}

function importsOf(file: string): readonly Import[] {
  const text = withoutComments(readFileSync(join(SRC, file), 'utf8'));
  const found: Import[] = [];
  const statement = /(?:^|\n)\s*(import|export)\s+(type\s+)?(?:[^'";]*?\sfrom\s+)?['"]([^'"]+)['"]/g;
  for (const [, , type, target = ''] of text.matchAll(statement))
    found.push({ from: file, to: target, typeOnly: type !== undefined });
  for (const [, target = ''] of text.matchAll(/\bimport\(\s*['"]([^'"]+)['"]\s*\)/g))
    found.push({ from: file, to: target, typeOnly: false });
  return found;
}

const inside = (edge: Import): string => relative(SRC, join(SRC, dirname(edge.from), edge.to));
const local = files.flatMap(importsOf).filter((edge) => edge.to.startsWith('.'));

describe('import arrows', () => {
  it('reads the sources', () => expect(files.length).toBeGreaterThan(40));

  it('a room imports only the rooms before it', () => {
    const wrong = local
      .filter((edge) => !inside(edge).startsWith('..') && room(edge.from) !== room(inside(edge)))
      .filter((edge) => !allowed(room(edge.from), room(inside(edge))))
      .map((edge) => `${edge.from} -> ${inside(edge)}`);
    expect(wrong).toEqual([]);
  });

  it('doors reach the data through the spines alone', () => {
    const stages = ['sql', 'access', 'engines', 'audit', 'store', 'dbt', 'tags'];
    const wrong = local.filter(
      (edge) => edge.from.startsWith('doors/') && !edge.typeOnly && stages.includes(room(inside(edge))),
    );
    expect(wrong.map((edge) => `${edge.from} -> ${edge.to}`)).toEqual([]);
  });

  it('only the command line can have a gate with enforcement off', () => {
    const users = local.filter((edge) => !edge.typeOnly && room(inside(edge)) === 'policy-tests');
    const outside = users.map((edge) => edge.from).filter((file) => room(file) !== 'policy-tests');
    expect(outside.length).toBeGreaterThan(0);
    expect(outside.filter((file) => file !== 'main.ts' && !file.startsWith('doors/cli/'))).toEqual([]);
  });

  it('has no cycles', () => {
    const graph = new Map<string, string[]>(files.map((file) => [file, []]));
    for (const edge of local) graph.get(edge.from)?.push(inside(edge));
    const state = new Map<string, 'open' | 'done'>();
    const cycles: string[] = [];
    const visit = (file: string, path: readonly string[]): void => {
      if (state.get(file) === 'done') return;
      if (state.get(file) === 'open') {
        cycles.push([...path.slice(path.indexOf(file)), file].join(' -> '));
        return;
      }
      state.set(file, 'open');
      for (const next of graph.get(file) ?? []) visit(next, [...path, file]);
      state.set(file, 'done');
    };
    for (const file of files) visit(file, []);
    expect(cycles).toEqual([]);
  });

  it('pure rooms touch neither disk, network, clock, randomness nor environment', () => {
    const wrong: string[] = [];
    for (const file of files.filter((name) => PURE.includes(room(name)))) {
      for (const edge of importsOf(file))
        if (IMPURE_IMPORTS.test(edge.to)) wrong.push(`${file} imports ${edge.to}`);
      const call = withoutComments(readFileSync(join(SRC, file), 'utf8')).match(IMPURE_CALLS);
      if (call) wrong.push(`${file} calls ${call[0]}`);
    }
    expect(wrong).toEqual([]);
  });

  it('the environment is read in config and at the entry alone', () => {
    const readers = files.filter((file) =>
      /process\.env/.test(withoutComments(readFileSync(join(SRC, file), 'utf8'))),
    );
    expect(readers.filter((file) => room(file) !== 'config' && room(file) !== 'main')).toEqual([]);
  });

  it('has no barrel files and no drawers', () => {
    expect(files.filter((file) => /(^|\/)(index|utils?|helpers?|common|misc)\.ts$/.test(file))).toEqual([]);
    expect(files.filter((file) => /(^|\/)(utils?|helpers?|common|misc)\//.test(file))).toEqual([]);
  });
});
