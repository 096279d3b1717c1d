/** Fills `${NAME}` in a document's values, and remembers where, so that nothing from the environment is ever shown. */
import { type Document, visit } from 'yaml';
import { pathOf } from './paths.ts';

/** Names to values, as `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

export interface Filled {
  /** Variables that are not set, with the offset of the value that wants them. */
  readonly missing: readonly { readonly name: string; readonly offset: number }[];
  /** Dotted paths of the values that were filled. */
  readonly paths: readonly string[];
}

/** Replaces `${NAME}` in string values (never in keys); `$${` stands for `${` itself. */
export function fillFromEnvironment(document: Document, env: Environment | null): Filled {
  const missing: { name: string; offset: number }[] = [];
  const paths: string[] = [];
  const filledNodes = new Set<unknown>();
  if (env !== null) {
    visit(document, {
      Scalar(key, node, ancestors) {
        if (key === 'key' || typeof node.value !== 'string' || !node.value.includes('$')) return;
        let filled = false;
        node.value = node.value.replace(/\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (match, name?: string) => {
          if (name === undefined) return match.slice(1);
          const value = env[name];
          if (value === undefined || value === '') {
            missing.push({ name, offset: node.range?.[0] ?? 0 });
            return '';
          }
          filled = true;
          return value;
        });
        if (!filled) return;
        filledNodes.add(node);
        paths.push(pathOf(key, ancestors));
      },
    });
    // What an alias repeats is a value from the environment there as well.
    visit(document, {
      Alias(key, node, ancestors) {
        let holds = false;
        visit(node.resolve(document) ?? null, {
          Scalar(_, scalar) {
            holds ||= filledNodes.has(scalar);
          },
        });
        if (holds) paths.push(pathOf(key, ancestors));
      },
    });
  }
  return { missing, paths };
}
