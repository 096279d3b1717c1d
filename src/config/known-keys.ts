/** Which keys a schema knows at a path, and which of them a mistyped one may have meant. */

import { z } from 'zod';
import { nearest } from '../nearest.ts';
import type { Path } from './paths.ts';

interface JsonSchemaNode {
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, JsonSchemaNode>>;
  readonly properties?: Readonly<Record<string, JsonSchemaNode>>;
  readonly additionalProperties?: JsonSchemaNode | boolean;
  readonly items?: JsonSchemaNode;
  readonly anyOf?: readonly JsonSchemaNode[];
  readonly oneOf?: readonly JsonSchemaNode[];
  readonly allOf?: readonly JsonSchemaNode[];
}

export function knownKeys(schema: z.ZodType, path: Path): readonly string[] {
  const top = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchemaNode;
  const branches = (node: JsonSchemaNode): readonly JsonSchemaNode[] => {
    if (node.$ref !== undefined) {
      const target = node.$ref === '#' ? top : top.$defs?.[node.$ref.replace('#/$defs/', '')];
      return target === undefined ? [] : branches(target);
    }
    const inner = [...(node.anyOf ?? []), ...(node.oneOf ?? []), ...(node.allOf ?? [])];
    return [node, ...inner.flatMap(branches)];
  };
  const step = (node: JsonSchemaNode, part: PropertyKey): readonly JsonSchemaNode[] => {
    if (typeof part === 'number') return node.items === undefined ? [] : branches(node.items);
    const named = node.properties?.[String(part)] ?? node.additionalProperties;
    return typeof named === 'object' ? branches(named) : [];
  };
  const nodes = path.reduce<readonly JsonSchemaNode[]>(
    (at, part) => at.flatMap((node) => step(node, part)),
    branches(top),
  );
  return nodes.flatMap((node) => Object.keys(node.properties ?? {}));
}

/** ` (did you mean "x"?)`, or nothing where no word is near. */
export function suggest(word: string, known: readonly string[]): string {
  const near = nearest(word, known);
  return near === null ? '' : ` (did you mean "${near}"?)`;
}
