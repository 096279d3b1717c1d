/** dbt nodes, their tags and what the warehouse has, to the catalogue: exposed datasets under unique ids, projects, and every contradiction reported at once. */
import type { DbtCatalog, DbtNode, DbtProject } from '../dbt/project.ts';
import { SluiceError } from '../errors.ts';
import { type Finding, finding } from '../findings.ts';
import type { AssignedTags } from '../tags/assign.ts';
import { mergeColumns } from './columns.ts';
import type { Catalogue, Dataset } from './dataset.ts';
import { type Folding, foldingOf, lowerAscii } from './fold.ts';
import { levelOf } from './level.ts';
import { freezeCatalogue } from './lookup.ts';
import { namesOf, namespaceFor, publishFacts } from './names.ts';
import { type FindRelation, type PhysicalByEngine, relationFinder } from './physical.ts';
import { buildProjects, projectFindings } from './projects.ts';
import { compileRules, type PublishRule } from './publish.ts';
import { type Documented, documentation, twinFindings } from './twins.ts';

export interface CatalogueInput {
  readonly project: DbtProject;
  readonly catalog: DbtCatalog | null;
  readonly tags: AssignedTags;
  readonly physical: PhysicalByEngine;
  readonly publish: readonly PublishRule[];
  /** Engines of the configuration. */
  readonly engines: readonly string[];
  readonly searchPath: readonly string[];
  readonly prefix: string | null;
}

export interface BuiltCatalogue {
  readonly catalogue: Catalogue;
  readonly findings: readonly Finding[];
}

interface Build extends CatalogueInput {
  readonly folding: Folding;
  readonly ruleFor: ReturnType<typeof compileRules>;
  readonly find: FindRelation;
  readonly documentedFor: (node: DbtNode) => Documented;
  readonly problems: string[];
  readonly usedRules: Set<number>;
}

/** @throws SluiceError publish_invalid with every problem in `details`. */
export function buildCatalogue(input: CatalogueInput): BuiltCatalogue {
  const folding = foldingOf(input.project.adapter);
  const build: Build = {
    ...input,
    folding,
    ruleFor: compileRules(input.publish),
    find: relationFinder(input.physical, folding),
    documentedFor: documentation(input.project, input.tags, folding),
    problems: [],
    usedRules: new Set(),
  };
  const datasets = input.project.nodes
    .map((node) => buildDataset(node, build))
    .filter((dataset) => dataset !== null)
    .sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
  const twins = twinFindings(datasets);
  build.problems.push(...nameClashes(datasets), ...twins.problems);
  const projects = buildProjects(input.project, datasets, build.problems);
  if (build.problems.length > 0) throw contradictions(build.problems);
  return {
    catalogue: freezeCatalogue(datasets, projects, input.searchPath.map(lowerAscii)),
    findings: [...findingsOf(build, datasets), ...twins.findings, ...projectFindings(projects)],
  };
}

function buildDataset(node: DbtNode, build: Build): Dataset | null {
  const documented = build.documentedFor(node);
  const ruleIndex = build.ruleFor(publishFacts(node, documented.tags));
  const rule = build.publish[ruleIndex];
  build.usedRules.add(ruleIndex);
  const before = build.problems.length;
  const own = levelOf(node, build.problems);
  const namespace = namespaceFor(node, rule, build.problems);
  const level =
    own ??
    (rule?.access_level === undefined
      ? null
      : { value: rule.access_level, source: `publish rule ${ruleIndex + 1}` });
  if (level === null || build.problems.length > before) return null;
  const engine = engineFor(node, rule?.engine, build);
  if (engine === null) return null;

  const found = build.find(engine, node.relation);
  const physical = typeof found === 'string' ? null : found;
  const { columns, problem } = mergeColumns({
    documented: documented.columns,
    tags: documented.columnTags,
    otherTags: documented.otherTags,
    // What the engine serves now counts before what the docs saw when they were generated.
    warehouse: physical?.columns ?? build.catalog?.relations.get(node.uniqueId) ?? null,
    folding: build.folding,
    adapter: physical === null ? build.project.adapter : null,
    showUnclassified: rule?.unclassified === 'show',
  });
  const unclassified = columns.filter(({ state }) => state === 'unclassified').length;
  const refused = rule?.unclassified === 'deny' && unclassified > 0;
  const { database, schema, identifier } = physical?.relation ?? node.relation;
  const names = namesOf(node, namespace, build.prefix);
  return Object.freeze({
    ...names,
    namespace,
    name: node.name,
    version: node.version,
    uniqueId: node.uniqueId,
    engine,
    relation: Object.freeze({ database, schema, identifier }),
    description: node.description,
    owner: node.owner,
    resourceType: node.resourceType,
    package: node.package,
    folder: Object.freeze([...node.folder]),
    materialized: node.materialized,
    view: physical?.view ?? isView(node),
    access: node.access,
    group: node.group,
    contract: node.contract,
    tags: documented.tags,
    columns,
    accessLevel: level.value,
    accessLevelSource: level.source,
    invalid: !node.relation.named
      ? 'dbt reads it through a function, not from a relation'
      : found === 'missing'
        ? 'its relation is missing in the engine'
        : (problem ?? (refused ? `${unclassified} of its columns are not documented in dbt` : null)),
  });
}

/** As dbt tells it: it makes a view of a model that says nothing, and knows nothing of a source, which may be one. */
function isView({ materialized }: DbtNode): boolean {
  return materialized === 'view' || materialized === null;
}

function engineFor(node: DbtNode, named: string | undefined, { engines, problems }: Build): string | null {
  const engine = named ?? (engines.length === 1 ? engines[0] : undefined);
  if (engine !== undefined && engines.includes(engine)) return engine;
  problems.push(
    engine === undefined
      ? `${node.uniqueId}: no publish rule names its engine, and there is more than one (${engines.join(', ')})`
      : `${node.uniqueId}: its publish rule names the engine "${engine}", which is not configured`,
  );
  return null;
}

function nameClashes(datasets: readonly Dataset[]): readonly string[] {
  const owners = new Map<string, Dataset>();
  const problems: string[] = [];
  for (const dataset of datasets)
    for (const name of dataset.names) {
      const other = owners.get(name);
      if (other === undefined) owners.set(name, dataset);
      else problems.push(`${other.uniqueId} and ${dataset.uniqueId} both become "${name}"`);
    }
  return problems;
}

function contradictions(problems: readonly string[]): SluiceError {
  const sorted = [...new Set(problems)].sort();
  const more = sorted.length === 1 ? '' : ` (and ${sorted.length - 1} more)`;
  return new SluiceError('publish_invalid', `${sorted[0]}${more}`, {
    hint: 'Tell datasets apart by namespace (a publish rule or meta.sluice.namespace), and keep each level in one place.',
    details: sorted,
  });
}

function findingsOf(build: Build, datasets: readonly Dataset[]): readonly Finding[] {
  const found: Finding[] = [];
  if ((build.catalog?.errors ?? []).length > 0)
    found.push(
      finding('catalog-incomplete', 'catalog.json reports errors of its own: it may lack relations'),
    );
  build.publish.forEach((_, index) => {
    if (!build.usedRules.has(index))
      found.push(
        finding('publish-rule-idle', `publish rule ${index + 1} matches nothing that an earlier one leaves`),
      );
  });
  const namespaces = new Set(datasets.map(({ namespace }) => namespace));
  for (const namespace of new Set(build.searchPath))
    if (!namespaces.has(lowerAscii(namespace)))
      found.push(finding('search-path-empty', `search_path names "${namespace}", which holds no dataset`));
  for (const { id, uniqueId, invalid } of datasets)
    if (invalid !== null)
      found.push(finding('dataset-refused', `refused, ${invalid}`, { dataset: id, node: uniqueId }));
  return found;
}
