/** Paths into a YAML document: how they are shown, and where they stand. */
import { type Document, isMap, isScalar } from 'yaml';

export type Path = readonly PropertyKey[];

/** `engines.warehouse`, `publish[0].match`. */
export function showPath(path: Path): string {
  return path.reduce<string>(
    (text, part) =>
      typeof part === 'number' ? `${text}[${part}]` : text === '' ? String(part) : `${text}.${String(part)}`,
    '',
  );
}

/** The path of a node that a visit came to. */
export function pathOf(key: unknown, ancestors: readonly unknown[]): string {
  const parts: PropertyKey[] = [];
  ancestors.forEach((ancestor, index) => {
    const below = ancestors[index + 1];
    if (ancestor !== null && typeof ancestor === 'object' && 'items' in ancestor) {
      if (isMap(ancestor)) return;
      parts.push(below === undefined ? Number(key) : (ancestor.items as unknown[]).indexOf(below));
    } else if (ancestor !== null && typeof ancestor === 'object' && 'key' in ancestor) {
      parts.push(isScalar(ancestor.key) ? String(ancestor.key.value) : '?');
    }
  });
  return showPath(parts);
}

/** The offset of a path: of its key where it has one, else of its value; a missing path gives its parent's. */
export function offsetOf(document: Document, path: Path): number {
  for (let depth = path.length; depth > 0; depth -= 1) {
    const parent = depth === 1 ? document.contents : document.getIn(path.slice(0, depth - 1), true);
    if (isMap(parent)) {
      const pair = parent.items.find(
        (item) => isScalar(item.key) && String(item.key.value) === path[depth - 1],
      );
      if (pair !== undefined && isScalar(pair.key)) return pair.key.range?.[0] ?? 0;
      continue;
    }
    const node: unknown = document.getIn(path.slice(0, depth), true);
    if (node !== null && typeof node === 'object' && 'range' in node && Array.isArray(node.range)) {
      return Number(node.range[0]);
    }
  }
  return document.contents?.range?.[0] ?? 0;
}
