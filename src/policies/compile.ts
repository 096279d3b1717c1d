/** Policy files against a catalogue, at push: read, matched, checked, frozen. All problems are reported at once, or a whole set comes out. */
import { createHash } from 'node:crypto';
import type { Catalogue, Column, Dataset } from '../catalogue/dataset.ts';
import { SluiceError } from '../errors.ts';
import { columnType } from '../sql/resolve/types.ts';
import { maskFits } from '../sql/rewrite/masks/fits.ts';
import { type PolicyDefinition, readPolicy } from './definition.ts';
import { readYaml } from './document.ts';
import { hoursMatcher } from './hours.ts';
import { columnsFor, type FindDataset, instantiate } from './instantiate.ts';
import { lint } from './lint.ts';
import { masterKeys } from './master-key.ts';
import { indexCatalogue, matchColumns, matchDatasets, type PolicyIndex } from './match.ts';
import { networkMatcher } from './networks.ts';
import type { Limits, MaskSpec, MatchedPolicy, PolicySet } from './policy.ts';
import { type Path, readRecord } from './problem.ts';
import type { LimitBody } from './read-limit.ts';
import { WhereProblem } from './where.ts';

export interface PolicyFile {
  /** Shown in errors and reasons; relative to the project. */
  readonly path: string;
  readonly text: string;
}

export interface CompileOptions {
  /** Of the deployment's configuration: what `on.environment` is compared with. */
  readonly environment: string;
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
  problems.push(...masterKeys(definitions));
  const index = indexCatalogue(catalogue, options.environment);
  const find: FindDataset = (name) => catalogue.byId(name) ?? catalogue.lookup(name.split('.'));
  const byDataset = new Map<string, MatchedPolicy[]>();
  const covered = new Map<string, readonly MatchedPair[]>();
  for (const definition of definitions) {
    const pairs = matchPolicy(definition, { index, find, problems });
    covered.set(definition.id, pairs);
    for (const { dataset, policy } of pairs) {
      const list = byDataset.get(dataset);
      if (list === undefined) byDataset.set(dataset, [policy]);
      else list.push(policy);
    }
  }
  if (problems.length > 0) throw invalid(problems);
  const coverage = (id: string) => {
    const pairs = covered.get(id) ?? [];
    return { datasets: pairs.length, misfits: pairs.flatMap((pair) => pair.misfits ?? []) };
  };
  for (const list of byDataset.values()) Object.freeze(list);
  const none: readonly MatchedPolicy[] = Object.freeze([]);
  return Object.freeze({
    revision: revisionOf(definitions),
    findings: Object.freeze(lint(definitions, coverage, index)),
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
    forDataset: (datasetId: string) => byDataset.get(datasetId) ?? none,
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
  for (const { unless, body } of definitions) collect([unless, body]);
  return {
    networksOf: networkMatcher([...named.network].sort()),
    hoursAt: hoursMatcher([...named.hours].sort()),
  };
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

interface MatchedPair {
  readonly dataset: string;
  readonly policy: MatchedPolicy;
  /** Columns whose type the mask cannot keep. */
  readonly misfits?: readonly string[];
}

interface Matching {
  readonly index: PolicyIndex;
  readonly find: FindDataset;
  readonly problems: string[];
}

function matchPolicy(
  definition: PolicyDefinition,
  { index, find, problems }: Matching,
): readonly MatchedPair[] {
  const { id, description, source, unless, body } = definition;
  const base = { id, description, source, unless };
  switch (body.effect) {
    case 'allow':
    case 'require':
    case 'deny':
    case 'discover': {
      const policy: MatchedPolicy = Object.freeze({ ...base, effect: body.effect, who: body.who });
      return matchDatasets(definition.on, index).map((dataset) => ({ dataset: dataset.id, policy }));
    }
    case 'mask': {
      const { mask, where } = body;
      const matched = matchColumns(definition.on, index);
      const fits = fitting(mask);
      return settled(definition, ['mask', 'where'], problems, matched, ({ dataset, columns }) => ({
        dataset: dataset.id,
        policy: Object.freeze({
          ...base,
          effect: 'mask',
          mask,
          columns: columns.map(({ column, depth, tag }) => ({ name: column.folded, depth, tag })),
          where: where === null ? null : instantiate(where, dataset, find),
        }),
        misfits: columns.flatMap(({ column }) =>
          column.exposed && column.family !== 'unknown' && !fits(column)
            ? [`${dataset.id}.${column.folded} (${column.family})`]
            : [],
        ),
      }));
    }
    case 'break_glass': {
      const policy: MatchedPolicy = Object.freeze({ ...base, ...body });
      return matchDatasets(definition.on, index).map((dataset) => ({ dataset: dataset.id, policy }));
    }
    case 'limit':
      return perDataset(definition, ['limit', 'require_filter'], { index, problems }, (dataset) => ({
        ...base,
        effect: 'limit',
        who: body.who,
        limits: withFilters(body, dataset),
        within: body.within,
      }));
    case 'rows':
      return perDataset(definition, ['rows', 'where'], { index, problems }, (dataset) => ({
        ...base,
        effect: 'rows',
        predicate: instantiate(body.where, dataset, find),
      }));
    default:
      return body satisfies never;
  }
}

/** What names columns of datasets is settled for each; what one of them lacks is a problem that names it. */
function perDataset(
  definition: PolicyDefinition,
  path: Path,
  { index, problems }: Pick<Matching, 'index' | 'problems'>,
  settle: (dataset: Dataset) => MatchedPolicy,
): readonly MatchedPair[] {
  const matched = matchDatasets(definition.on, index).map((dataset) => ({ dataset }));
  return settled(definition, path, problems, matched, ({ dataset }) => ({
    dataset: dataset.id,
    policy: Object.freeze(settle(dataset)),
  }));
}

/** Asked once for each type: a mask may have to be parsed for the answer, and a warehouse has more columns than types. */
function fitting(mask: MaskSpec): (column: Column) => boolean {
  const known = new Map<string, boolean>();
  return (column) => {
    const type = `${column.family} ${column.type}`;
    const told = known.get(type) ?? maskFits(mask, columnType(column));
    known.set(type, told);
    return told;
  };
}

/** What a matched dataset lacks is a problem, told once for all of them. */
function settled<M extends { readonly dataset: Dataset }>(
  definition: PolicyDefinition,
  path: Path,
  problems: string[],
  matched: readonly M[],
  settle: (match: M) => MatchedPair,
): readonly MatchedPair[] {
  const lacking = new Map<string, string[]>();
  const pairs = matched.flatMap((match): readonly MatchedPair[] => {
    try {
      return [settle(match)];
    } catch (error) {
      if (!(error instanceof WhereProblem)) throw error;
      lacking.set(error.message, [...(lacking.get(error.message) ?? []), match.dataset.id]);
      return [];
    }
  });
  const { id, source, lineOf } = definition;
  for (const [message, datasets] of lacking)
    problems.push(`${source.file}:${lineOf(path)}: policy \`${id}\`: ${message} in ${several(datasets)}`);
  return pairs;
}

function withFilters({ limits, requireFilter }: LimitBody, dataset: Dataset): Limits {
  if (requireFilter.length === 0) return limits;
  const columns = requireFilter.flatMap((wanted) => columnsFor(wanted, dataset));
  return { ...limits, require_filter: [...new Set(columns.map(({ folded }) => folded))].sort() };
}

const several = (ids: readonly string[]): string =>
  ids.length <= 3 ? ids.join(', ') : `${ids.slice(0, 3).join(', ')} and ${ids.length - 3} more`;

/** Over what decides and what explanations show, so that equal policies give equal hashes. */
function revisionOf(definitions: readonly PolicyDefinition[]): string {
  const hash = createHash('sha256');
  for (const { source, written } of definitions)
    hash.update(`${JSON.stringify([source, canonical(written)])}\n`);
  return hash.digest('hex');
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
