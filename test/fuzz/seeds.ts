/** What mutation starts from: analytical SQL, the attack corpus, queries of the oracle's grammar, and texts kept for what they once did. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { makeQuery } from '../leaks/grammar/queries.ts';
import { random } from '../leaks/random.ts';
import { makeWorld } from '../leaks/worlds.ts';

const ROOT = join(import.meta.dirname, '../..');

/** Texts kept in this folder: a file a text, so that they may hold anything. */
export function keptSeeds(): readonly { readonly name: string; readonly text: string }[] {
  const folder = join(import.meta.dirname, 'corpus');
  return readdirSync(folder)
    .sort()
    .map((name) => ({ name, text: readFileSync(join(folder, name), 'utf8') }));
}

export function allSeeds(): readonly string[] {
  return [
    ...keptSeeds().map(({ text }) => text),
    ...attacks(),
    ...queries('../shared/corpora/tpch'),
    ...queries('../shared/corpora/clickbench'),
    ...generated(),
  ];
}

interface AttackFile {
  readonly cases?: readonly { readonly sql?: unknown }[];
}

function attacks(): readonly string[] {
  const folder = join(ROOT, 'test/attacks');
  return readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .flatMap((name) => (parseYaml(readFileSync(join(folder, name), 'utf8')) as AttackFile).cases ?? [])
    .flatMap(({ sql }) => (typeof sql === 'string' && sql.length < 4_000 ? [sql] : []));
}

function queries(path: string): readonly string[] {
  const folder = join(ROOT, path);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.sql') && name !== 'create.sql')
    .flatMap((name) => readFileSync(join(folder, name), 'utf8').split(/;\s*\n/))
    .map((text) => text.replaceAll(/^--.*$/gm, '').trim())
    .filter((text) => text !== '');
}

function generated(): readonly string[] {
  return Array.from({ length: 1500 }, (_, i) => {
    const world = makeWorld('duckdb', random(`seeds:${Math.floor(i / 10)}`));
    return makeQuery(world, random(`seeds:${i}`)).sql;
  });
}
