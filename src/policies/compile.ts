/** Policy files against a catalogue, at push: read, matched, checked, frozen. All problems are reported at once, or a whole set comes out. */
import { createHash } from 'node:crypto';
import { isBuiltIn, ownDatasets } from '../catalogue/built-in.ts';
import type { Catalogue } from '../catalogue/dataset.ts';
import { SluiceError } from '../errors.ts';
import { namesBuiltIn } from './built-in.ts';
import { type PolicyDefinition, readPolicy } from './definition.ts';
import { readYaml } from './document.ts';
import { hoursMatcher } from './hours.ts';
import type { FindDataset } from './instantiate.ts';
import { lint } from './lint.ts';
import { lintProjects } from './lint-projects.ts';
import { masterKeys } from './master-key.ts';
import { indexCatalogue } from './match.ts';
import { type MatchedPair, matchPolicy, sharedColumns } from './match-policy.ts';
import { networkMatcher } from './networks.ts';
import type { MatchedPolicy, PolicySet, PolicyTerms } from './policy.ts';
import { readRecord } from './problem.ts';

export interface PolicyFile {
  /** Shown in errors and reasons; relative to the project. */
  readonly path: string;
  readonly text: string;
}

export interface CompileOptions {
  /** Of the deployment's configuration: what `on.environment` is compared with. */
  readonly environment: string;
  /** Of the gate's own datasets, before any that names them. */
  readonly builtIn?: readonly MatchedPolicy[] | undefined;
}

/** Problems beyond this many are counted, not listed. */
const MAX_PROBLEMS = 100;

/** @throws SluiceError policy_invalid, with every problem as `file:line: message` in `details`. */
export function compilePolicies(
  files: readonly PolicyFile[],
  catalogue: Catalogue,
  options: CompileOptions,
): PolicySet {
  const problems: string[] = [];
  const definitions = files.flatMap((file) => readFile(file, problems)).sort(byId);
  definitions.forEach((definition, i) => {
    const before = definitions[i - 1];
    if (before?.id !== definition.id) return;
    problems.push(`${at(definition)}: the id \`${definition.id}\` is used before, in ${at(before)}`);
  });
  const { builtIn = [], environment } = options;
  problems.push(...takenIds(definitions, builtIn));
  const own = ownDatasets(catalogue);
  const index = indexCatalogue({ datasets: own, projects: catalogue.projects }, environment);
  const all = own === catalogue.datasets ? index : indexCatalogue(catalogue, environment);
  const find: FindDataset = (name) => {
    const found = catalogue.byId(name) ?? catalogue.lookup(name.split('.'));
    return found === undefined || isBuiltIn(found) ? undefined : found;
  };
  const byDataset = new Map<string, MatchedPolicy[]>(
    catalogue.datasets.filter(isBuiltIn).map(({ id }) => [id, [...builtIn]]),
  );
  const covered = new Map<string, readonly MatchedPair[]>();
  const shared = sharedColumns();
  for (const definition of definitions) {
    const inSight = namesBuiltIn(definition.on) ? all : index;
    const pairs = matchPolicy(definition, { index: inSight, find, problems, shared });
    covered.set(definition.id, pairs);
    for (const { dataset, policy } of pairs) {
      const list = byDataset.get(dataset);
      if (list === undefined) byDataset.set(dataset, [policy]);
      else list.push(policy);
    }
  }
  problems.push(...masterKeys(definitions, (id) => (covered.get(id) ?? []).length > 0));
  if (problems.length > 0) throw invalid(problems);
  const coverage = (id: string) => {
    const pairs = covered.get(id) ?? [];
    return { datasets: pairs.length, misfits: pairs.flatMap((pair) => pair.misfits ?? []) };
  };
  for (const list of byDataset.values()) Object.freeze(list);
  const none: readonly MatchedPolicy[] = Object.freeze([]);
  const forDataset = (datasetId: string) => byDataset.get(datasetId) ?? none;
  const terms = new Map(definitions.map((definition) => [definition.id, termsOf(definition)] as const));
  return Object.freeze({
    revision: revisionOf(definitions),
    findings: Object.freeze([
      ...definitions.flatMap((one) => lint([one], coverage, namesBuiltIn(one.on) ? all : index)),
      ...lintProjects({ definitions, projects: catalogue.projects, forDataset, environment }),
    ]),
    policies: Object.freeze(
      definitions.map((definition) =>
        Object.freeze({
          id: definition.id,
          description: definition.description,
          effect: definition.body.effect,
          source: definition.source,
          datasets: Object.freeze((covered.get(definition.id) ?? []).map((pair) => pair.dataset)),
          definition: definition.written,
        }),
      ),
    ),
    termsOf: (policyId: string) => terms.get(policyId),
    forDataset,
    ...circumstancesOf(definitions),
  });
}

/** The gate tells a decision which of these hold, so that whoever decides needs neither clock nor arithmetic. */
function circumstancesOf(
  definitions: readonly PolicyDefinition[],
): Pick<PolicySet, 'networksOf' | 'hoursAt'> {
  const named = { network: new Set<string>(), hours: new Set<string>() };
  const collect = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    if ('fact' in value && 'value' in value && typeof value.value === 'string') {
      if (value.fact === 'network' || value.fact === 'hours') named[value.fact].add(value.value);
    } else for (const inner of Object.values(value)) collect(inner);
  };
  // Wherever in a policy a condition stands.
  for (const { unless, body, approve } of definitions) collect([unless, body, approve]);
  return {
    networksOf: networkMatcher([...named.network].sort()),
    hoursAt: hoursMatcher([...named.hours].sort()),
  };
}

function takenIds(
  definitions: readonly PolicyDefinition[],
  builtIn: readonly MatchedPolicy[],
): readonly string[] {
  const taken = new Set(builtIn.map(({ id }) => id));
  return definitions
    .filter(({ id }) => taken.has(id))
    .map((definition) => `${at(definition)}: the id \`${definition.id}\` is a policy of the gate's own`);
}

const at = (definition: PolicyDefinition) => `${definition.source.file}:${definition.source.line}`;

const byId = (a: { readonly id: string }, b: { readonly id: string }) =>
  a.id < b.id ? -1 : a.id > b.id ? 1 : 0;

function readFile(file: PolicyFile, problems: string[]): readonly PolicyDefinition[] {
  const document = readYaml(file.text);
  if ('problems' in document) {
    for (const { line, message } of document.problems) problems.push(`${file.path}:${line}: ${message}`);
    return [];
  }
  const report = (path: readonly (string | number)[], message: string) => {
    problems.push(`${file.path}:${document.lineOf(path)}: ${message}`);
  };
  // An empty file is an accident, and policies that are gone open what they closed.
  const root = readRecord(document.value, ['policies'], [], report);
  if (root === null) return [];
  const list = root.policies;
  if (!Array.isArray(list)) {
    report(['policies'], 'expected `policies:` with a list of policies');
    return [];
  }
  return list.flatMap((value: unknown, i) => {
    const place = ['policies', i];
    const lineOf = (path: readonly (string | number)[]) => document.lineOf([...place, ...path]);
    const name = policyName(value);
    return (
      readPolicy(value, { file: file.path, lineOf }, (path, message) =>
        report([...place, ...path], `${name}${message}`),
      ) ?? []
    );
  });
}

function policyName(value: unknown): string {
  const id = typeof value === 'object' && value !== null && 'id' in value ? value.id : undefined;
  return typeof id === 'string' ? `policy \`${id.slice(0, 100)}\`: ` : '';
}

/** Over what decides and what explanations show, so that equal policies give equal hashes. */
function revisionOf(definitions: readonly PolicyDefinition[]): string {
  const hash = createHash('sha256');
  for (const { source, written } of definitions)
    hash.update(`${JSON.stringify([source, canonical(written)])}\n`);
  return hash.digest('hex');
}

/** Its words for people are no part of what it does, and neither is its place in a file. */
function termsOf({ written, approve }: PolicyDefinition): PolicyTerms {
  const { description: _, ...rest } = written as Readonly<Record<string, unknown>>;
  const digest = createHash('sha256')
    .update(JSON.stringify(canonical(rest)))
    .digest('hex');
  return Object.freeze({ digest, approve });
}

function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, canonical(inner)]),
  );
}

function invalid(problems: readonly string[]): SluiceError {
  const shown = problems.slice(0, MAX_PROBLEMS);
  const more = problems.length - shown.length;
  return new SluiceError(
    'policy_invalid',
    problems.length === 1
      ? `A policy is not usable: ${problems[0]}`
      : `The policies have ${problems.length} problems`,
    {
      details: more > 0 ? [...shown, `and ${more} more`] : shown,
      hint: 'Nothing was changed; the policies in force stay as they are.',
    },
  );
}
