/** Which tags follow columns downstream, and what stops them: `tags:` of sluice.yml over the defaults. */
import { STOPS_ALL } from '../lineage/breakers.ts';
import type { TagRule, TagRules } from '../lineage/lineage.ts';
import { normaliseTag, tagAndAncestors } from './tag.ts';

export interface Propagation {
  /** Whether it follows columns downstream. */
  follows(tag: string): boolean;
  /** Which of the functions on the way stops it, null where none does. */
  stoppedBy(tag: string, through: readonly string[]): string | null;
}

/** What holds without a word in the configuration. */
const DEFAULTS: TagRules = { pii: { propagate: true } };

export function propagationOf(given: TagRules): Propagation {
  const rules = new Map<string, TagRule>();
  for (const [text, rule] of [...Object.entries(DEFAULTS), ...Object.entries(given)]) {
    const tag = normaliseTag(text);
    if (tag !== null) rules.set(tag, { ...rules.get(tag), ...withoutUndefined(rule) });
  }
  const answers = new Map<string, { readonly follows: boolean; readonly stops: ReadonlySet<string> }>();
  const answer = (tag: string) => {
    const known = answers.get(tag);
    if (known !== undefined) return known;
    const own = tagAndAncestors(tag).flatMap((one) => rules.get(one) ?? []);
    const made = {
      // The nearest word counts.
      follows: own.find(({ propagate }) => propagate !== undefined)?.propagate ?? false,
      stops: new Set(own.flatMap((rule) => rule.stopped_by ?? []).map((word) => word.toLowerCase())),
    };
    answers.set(tag, made);
    return made;
  };
  return {
    follows: (tag) => answer(tag).follows,
    stoppedBy: (tag, through) =>
      through.find((word) => STOPS_ALL.has(word) || answer(tag).stops.has(word)) ?? null,
  };
}

const withoutUndefined = (rule: TagRule): TagRule =>
  Object.fromEntries(Object.entries(rule).filter(([, value]) => value !== undefined));
