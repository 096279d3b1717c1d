/** The tag itself: one normal form, and the hierarchy in which `pii` covers `pii.email`. No text is ever dropped but the empty one. */

/** Everything that may not stand in a tag: letters, digits, marks and `_ - : / @ + # = & .` may. */
const ILLEGAL = /[^\p{L}\p{N}\p{M}_\-:/@+#=&.]+/gu;

const ORDINARY = /^[a-z0-9_:-]+(?:\.[a-z0-9_:-]+)*$/;

/**
 * Lower-case, dotted, without empty parts; runs of characters that may not stand in a tag become `_`.
 * The same text gives the same tag in dbt and in a policy, so a tag is never lost on its spelling.
 *
 * @returns null where nothing is left.
 */
export function normaliseTag(text: string): string | null {
  if (ORDINARY.test(text)) return text;
  const tag = text
    .normalize('NFKC')
    .trim()
    .toLowerCase()
    .replace(ILLEGAL, '_')
    .split('.')
    .filter((part) => part !== '')
    .join('.');
  return tag === '' ? null : tag;
}

/** Whether `tag` is `candidate` or stands above it: `pii` covers `pii.email`, but not `piilot`. */
export function covers(tag: string, candidate: string): boolean {
  return candidate === tag || (candidate.length > tag.length && candidate.startsWith(`${tag}.`));
}

/** Number of parts: of two masks of one kind, that of the deeper tag wins. */
export function tagDepth(tag: string): number {
  return tag.split('.').length;
}

/** The tag and everything above it, nearest first: `pii.email.work`, `pii.email`, `pii`. */
export function tagAndAncestors(tag: string): readonly string[] {
  const parts = tag.split('.');
  return parts.map((_, index) => parts.slice(0, parts.length - index).join('.'));
}
