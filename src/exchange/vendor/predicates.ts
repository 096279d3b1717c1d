/** Filters in another product's SQL with its functions, as filters of ours; whatever is not understood is refused by our own grammar. */
import { parseWhere, WhereProblem } from '../../policies/where.ts';
import { isRecord, listOf, nameOf, textOf } from './shape.ts';

/** Null where it cannot be said. */
export function readPredicate(given: unknown): string | null {
  const text = textOf(given);
  if (text === null) return null;
  const where = text
    .replace(
      /@columnTagged\(\s*'((?:[^']|'')*)'\s*\)/gi,
      (_, tag: string) => `column('${tag.toLowerCase()}')`,
    )
    .replace(
      /@attributeValuesContains\(\s*'([A-Za-z_][A-Za-z0-9_]*)'\s*,\s*('?)(column\('(?:[^']|'')*'\)|[A-Za-z_][A-Za-z0-9_]*)\2\s*\)/gi,
      (_, attribute: string, __: string, column: string) =>
        `${column} = any(identity.attributes.${attribute})`,
    )
    .replace(
      /@groupsContains\(\s*('?)(column\('(?:[^']|'')*'\)|[A-Za-z_][A-Za-z0-9_]*)\1\s*\)/gi,
      (_, __: string, column: string) => `${column} = any(identity.groups)`,
    )
    .replace(/'?@username'?/gi, 'identity.sub');
  return usable(where) ? where : null;
}

/** `matches: [{ type: group, tag }]`: the values of a column against the groups or an attribute of who asks. */
export function readMatches(config: unknown): string | null {
  if (!isRecord(config)) return null;
  const every = ['all', 'and'].includes((textOf(config.operator) ?? 'any').toLowerCase());
  const parts = listOf(config.matches ?? config.conditions).map((match) => {
    if (!isRecord(match)) return null;
    const tag = nameOf(match.tag) ?? nameOf(match.columnTag);
    const column =
      tag === null ? textOf(match.column) : `column('${tag.toLowerCase().replaceAll("'", "''")}')`;
    const type = (textOf(match.type) ?? '').toLowerCase();
    const attribute = nameOf(match.attribute);
    if (column === null) return null;
    if (/^groups?$/.test(type)) return `${column} = any(identity.groups)`;
    if (/^(attributes?|auths?)$/.test(type) && attribute !== null && /^[A-Za-z_]\w*$/.test(attribute))
      return `${column} = any(identity.attributes.${attribute})`;
    return null;
  });
  if (parts.length === 0 || parts.includes(null)) return null;
  const where = parts.join(every ? ' AND ' : ' OR ');
  return usable(where) ? where : null;
}

function usable(where: string): boolean {
  try {
    parseWhere(where);
    return true;
  } catch (thrown) {
    if (thrown instanceof WhereProblem) return false;
    throw thrown;
  }
}
