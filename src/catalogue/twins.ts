/** Nodes that stand for one relation, such as a seed and the source that reads it: what is written about one of them holds for each, or a second name would shed the tags of the first. */
import type { DbtNode, DbtProject } from '../dbt/project.ts';
import { type Finding, finding } from '../findings.ts';
import type { AssignedTags, NodeTags } from '../tags/assign.ts';
import { withTags } from '../tags/patch.ts';
import type { Dataset, TagAssignment } from './dataset.ts';
import { comparedName, type Folding } from './fold.ts';

export interface Documented {
  readonly tags: readonly TagAssignment[];
  readonly columns: DbtNode['columns'];
  /** Parallel to `columns`. */
  readonly columnTags: readonly (readonly TagAssignment[])[];
  /** By lower-case name, also of columns that are not documented. */
  readonly otherTags: ReadonlyMap<string, readonly TagAssignment[]>;
}

/** What the project says about the relation of a node, the node's own words first. */
export function documentation(
  project: DbtProject,
  assigned: AssignedTags,
  folding: Folding,
): (node: DbtNode) => Documented {
  const groups = Map.groupBy(project.nodes, (node) => relationKey(node.relation, folding));
  const tagsOf = (node: DbtNode): NodeTags => assigned.byNode.get(node.uniqueId) ?? { tags: [], columns: [] };
  return (node) => {
    const twins = (groups.get(relationKey(node.relation, folding)) ?? []).filter((twin) => twin !== node);
    const own = tagsOf(node);
    if (twins.length === 0)
      return {
        tags: own.tags,
        columns: node.columns,
        columnTags: own.columns,
        otherTags: own.others ?? NO_OTHERS,
      };
    const all = [node, ...twins];
    return {
      tags: withTags(
        own.tags,
        twins.flatMap((twin) => tagsOf(twin).tags.filter(({ source }) => source.kind !== 'derived')),
      ),
      columns: all.flatMap(({ columns }) => columns),
      columnTags: all.flatMap((each) => tagsOf(each).columns),
      otherTags: all.map((each) => tagsOf(each).others ?? NO_OTHERS).reduce(unionByName),
    };
  };
}

/** Two levels for one relation contradict each other; two names of one level are only worth a word. */
export function twinFindings(datasets: readonly Dataset[]): {
  readonly problems: readonly string[];
  readonly findings: readonly Finding[];
} {
  const problems: string[] = [];
  const findings: Finding[] = [];
  const groups = Map.groupBy(datasets, ({ engine, relation }) => JSON.stringify([engine, relation]));
  for (const group of groups.values()) {
    const [first, ...rest] = group;
    if (first === undefined || rest.length === 0) continue;
    const names = group.map(({ id }) => id).join(' and ');
    const levels = group.map(
      (dataset) => `${dataset.accessLevel} (${dataset.uniqueId}, ${dataset.accessLevelSource})`,
    );
    if (rest.every(({ accessLevel }) => accessLevel === first.accessLevel))
      findings.push(
        finding('relation-shared', `one and the same relation as ${rest.map(({ id }) => id).join(' and ')}`, {
          dataset: first.id,
          node: first.uniqueId,
        }),
      );
    else problems.push(`${names} are one relation with several levels: ${levels.join(', ')}`);
  }
  return { problems, findings };
}

function relationKey({ database, schema, identifier }: DbtNode['relation'], folding: Folding): string {
  return JSON.stringify([database, schema, identifier].map((part) => part && comparedName(part, folding)));
}

type ByName = ReadonlyMap<string, readonly TagAssignment[]>;

const NO_OTHERS: ByName = new Map();

function unionByName(own: ByName, others: ByName): ByName {
  if (others.size === 0) return own;
  const all = new Map(own);
  for (const [name, tags] of others) all.set(name, withTags(all.get(name) ?? [], tags));
  return all;
}
