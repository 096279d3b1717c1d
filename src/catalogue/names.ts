/** Under which ids a node is published, and what the publish rules may ask about it. */
import type { DbtNode } from '../dbt/project.ts';
import type { AssignedTags } from '../tags/assign.ts';
import type { TagAssignment } from './dataset.ts';
import { foldingOf, lowerAscii } from './fold.ts';
import { levelOf, namespaceOf } from './level.ts';
import { compileRules, type PublishFacts, type PublishRule } from './publish.ts';
import { documentation } from './twins.ts';

export function publishFacts(node: DbtNode, tags: readonly TagAssignment[]): PublishFacts {
  return {
    tags: tags.map(({ tag }) => tag),
    folder: node.folder,
    resourceType: node.resourceType,
    access: node.access,
    package: node.package,
    name: node.name,
    schema: node.relation.schema,
  };
}

/** Adds to `problems` where the node's own meta contradicts itself. */
export function namespaceFor(node: DbtNode, rule: PublishRule | undefined, problems: string[]): string {
  return namespaceOf(node, problems)?.value ?? lowerAscii(rule?.namespace ?? node.relation.schema);
}

/** `gold.customers` is the latest version and has `gold.customers.v3` as another name; older ones have that form only. */
export function namesOf(
  node: DbtNode,
  namespace: string,
  prefix: string | null,
): { readonly id: string; readonly names: readonly string[] } {
  const bare = `${namespace}.${lowerAscii(node.name)}`;
  const versioned = node.version === null ? null : `${bare}.v${lowerAscii(node.version)}`;
  const local = versioned === null ? [bare] : node.latest ? [bare, versioned] : [versioned];
  const full = prefix === null ? local : local.map((name) => `${lowerAscii(prefix)}.${name}`);
  return { id: full[0] ?? bare, names: Object.freeze(prefix === null ? local : [...full, ...local]) };
}

export interface NamingInput {
  readonly project: Parameters<typeof documentation>[0];
  readonly tags: AssignedTags;
  readonly publish: readonly PublishRule[];
  readonly prefix: string | null;
}

/** The id of each node that is published, by unique_id. */
export function publishedIds({ project, tags, publish, prefix }: NamingInput): ReadonlyMap<string, string> {
  const ruleFor = compileRules(publish);
  const documentedFor = documentation(project, tags, foldingOf(project.adapter));
  return new Map(
    project.nodes.flatMap((node) => {
      const rule = publish[ruleFor(publishFacts(node, documentedFor(node).tags))];
      if (rule?.access_level === undefined && levelOf(node, []) === null) return [];
      return [[node.uniqueId, namesOf(node, namespaceFor(node, rule, []), prefix).id] as const];
    }),
  );
}

/** Unique_ids by every id that they would be published under, without the cost of a catalogue. */
export function nodesByName({
  project,
  tags,
  publish,
  prefix,
}: NamingInput): ReadonlyMap<string, readonly string[]> {
  const ruleFor = compileRules(publish);
  const documentedFor = documentation(project, tags, foldingOf(project.adapter));
  const byName = new Map<string, string[]>();
  for (const node of project.nodes) {
    const rule = publish[ruleFor(publishFacts(node, documentedFor(node).tags))];
    for (const name of namesOf(node, namespaceFor(node, rule, []), prefix).names)
      byName.set(name, [...(byName.get(name) ?? []), node.uniqueId]);
  }
  return byName;
}
