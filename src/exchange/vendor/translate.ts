/** One policy of the other product to policies of ours: the same where that can be said, what releases less where it cannot, and a word about everything that is neither. */
import { type Condition, readAdvanced, readWho, together, type Who } from './conditions.ts';
import { readVendorMask } from './masks.ts';
import { readMatches, readPredicate } from './predicates.ts';
import { columnsOf, datasetsOf, readCircumstances, readFields, type Selector } from './selectors.ts';
import { isRecord, type Json, listOf, Reading, textOf } from './shape.ts';

/**
 * carried: as it was; stricter: written as something that releases less; lost: it restricted, and nothing stands for it;
 * note: it restricted nothing, or is not about access.
 */
export type Outcome = 'carried' | 'stricter' | 'lost' | 'note';

export interface Told {
  readonly outcome: Outcome;
  readonly message: string;
}

export interface Translated {
  readonly name: string;
  /** As they are written in our YAML; the id is given later. */
  readonly policies: readonly Json[];
  readonly told: readonly Told[];
}

interface Draft {
  readonly policies: Json[];
  readonly told: Told[];
  readonly policy: Json;
}

/** About the product's own workflow: without a meaning here. */
const ASIDE = ['certification', 'policyKey', 'name', 'type', 'description', 'template', 'actions'];

export function translate(policy: Json): Translated {
  const name = textOf(policy.name) ?? textOf(policy.policyKey) ?? 'unnamed';
  const draft: Draft = { policies: [], told: [], policy };
  const done = (): Translated => ({ name, policies: draft.policies, told: draft.told });
  if (policy.staged === true || policy.staged === 'true') {
    tell(draft, 'note', 'it was staged, so it was not in force: nothing is written');
    return done();
  }
  const reading = new Reading(policy);
  for (const key of [...ASIDE, 'staged', 'circumstances', 'circumstanceOperator']) reading.get(key);
  if (isRecord(policy.certification)) tell(draft, 'note', 'its certification is not carried over');
  const type = (textOf(policy.type) ?? '').toLowerCase();
  if (type === 'subscription') subscription(draft, reading);
  else if (type === 'data') data(draft, reading);
  else tell(draft, 'lost', `type: ${JSON.stringify(policy.type)} is neither data nor subscription`);
  for (const key of reading.unread()) tell(draft, 'note', `${key} is not carried over`);
  return done();
}

function tell({ told }: Draft, outcome: Outcome, message: string): void {
  told.push({ outcome, message });
}

/** Restrictions to some owners' data: left out, the policy holds for all data. */
function owners(draft: Draft, reading: Reading): boolean {
  const restricted = reading.get('ownerRestrictions');
  return restricted !== undefined && restricted !== null && draft.policy.ownerRestrictions !== '';
}

const SIGNED_IN: Condition = { not: { kind: 'anonymous' } };

function subscription(draft: Draft, reading: Reading): void {
  const [first, ...more] = listOf(draft.policy.actions);
  const action = new Reading(first);
  const on = datasetsOf(readCircumstances(draft.policy));
  if (on === null || owners(draft, reading) || more.length > 0) {
    tell(draft, 'lost', 'where it holds cannot be said here, so who gets in is for you to decide');
    return;
  }
  const who = whoGetsIn(draft, action);
  if (who === null) return;
  if (action.get('allowDiscovery') === true) draft.policies.push({ on, discover: SIGNED_IN });
  action.get('automaticSubscription');
  action.get('description');
  draft.policies.push({ on, allow: who });
  for (const key of action.unread()) tell(draft, 'note', `actions.${key} is not carried over`);
}

/** Nobody is in it until somebody decides. */
const placeholder = (draft: Draft): Condition => ({
  group: `decide:${slug(textOf(draft.policy.policyKey) ?? textOf(draft.policy.name) ?? 'policy')}`,
});

function whoGetsIn(draft: Draft, action: Reading): Condition | null {
  const type = textOf(action.get('type'))?.toLowerCase();
  switch (type) {
    case 'anyone':
      tell(draft, 'carried', 'whoever is signed in; access levels hold as well');
      return SIGNED_IN;
    case 'entitlements': {
      const advanced = textOf(action.get('advanced'));
      const condition = advanced === null ? null : readAdvanced(advanced);
      const who: Who | null =
        advanced === null
          ? readWho(action.get('entitlements'))
          : { condition, exact: condition !== null, because: [`advanced: ${advanced} is not understood`] };
      if (who?.exact && who.condition !== null) {
        tell(draft, 'carried', 'who has the groups or attributes');
        return who.condition;
      }
      break;
    }
    case 'approval':
    case 'manual':
      action.get('approvals');
      break;
    default:
      tell(
        draft,
        'lost',
        `actions.type: ${JSON.stringify(type)} is not known, so who gets in is for you to decide`,
      );
      return null;
  }
  const nobody = placeholder(draft);
  tell(
    draft,
    'stricter',
    `who gets in (${type}) cannot be said here: nobody does until you put people into the group ${JSON.stringify(nobody)}, or change the policy`,
  );
  return nobody;
}

function data(draft: Draft, reading: Reading): void {
  if (owners(draft, reading))
    tell(draft, 'stricter', 'its restriction to the data of some owners is left out: it holds for all data');
  for (const action of listOf(draft.policy.actions)) {
    if (!isRecord(action)) continue;
    const read = new Reading(action);
    for (const key of ['type', 'description']) read.get(key);
    /** Whoever an earlier rule of the same action is for: the later ones are for the others. */
    const earlier: Condition[] = [];
    let certain = true;
    for (const rule of listOf(read.get('rules'))) {
      const one = new Reading(rule);
      const who = exempt(draft, one, earlier, certain);
      certain &&= who.certain;
      translateRule(draft, one, who.unless);
      if (who.included !== null) earlier.push(who.included);
      for (const key of one.unread()) tell(draft, 'note', `rules.${key} is not carried over`);
    }
    for (const key of read.unread()) tell(draft, 'note', `actions.${key} is not carried over`);
  }
}

interface Exempt {
  readonly unless: Condition | null;
  readonly included: Condition | null;
  readonly certain: boolean;
}

/** An exemption that is not certain is none: more people are restricted than were. */
function exempt(draft: Draft, rule: Reading, earlier: readonly Condition[], certain: boolean): Exempt {
  const exceptions = readWho(rule.get('exceptions'));
  const inclusions = readWho(rule.get('inclusions'));
  const parts: Condition[] = certain ? [...earlier] : [];
  const drop = (what: string, who: Who): void =>
    tell(
      draft,
      'stricter',
      `its ${what} are left out, so that it holds for everyone: ${who.because.join('; ')}`,
    );
  if (exceptions !== null) {
    if (exceptions.exact && exceptions.condition !== null) parts.push(exceptions.condition);
    else drop('exceptions', exceptions);
  }
  if (inclusions === null) return { unless: together('any', parts), included: null, certain };
  if (!inclusions.exact || inclusions.condition === null) {
    drop('inclusions', inclusions);
    return { unless: together('any', parts), included: null, certain: false };
  }
  parts.push({ not: inclusions.condition });
  return { unless: together('any', parts), included: inclusions.condition, certain };
}

function translateRule(draft: Draft, rule: Reading, unless: Condition | null): void {
  const type = (textOf(rule.get('type')) ?? '').toLowerCase();
  const config = isRecord(rule.get('config')) ? (rule.get('config') as Json) : {};
  rule.get('operator');
  const conditions = rule.get('conditions');
  if (type.includes('mask')) masking(draft, config, unless);
  else if (/row|visibility|where/.test(type)) rows(draft, type, config, unless);
  else if (/purpose|prerequisite/.test(type)) purpose(draft, config.purposes ?? conditions, unless);
  else unknownRule(draft, type, unless);
}

function unknownRule(draft: Draft, type: string, unless: Condition | null): void {
  const on = datasetsOf(readCircumstances(draft.policy));
  if (/time|minimi|differential/.test(type) && on !== null && on !== 'everything') {
    write(draft, { on, deny: 'everyone' }, unless);
    tell(draft, 'stricter', `"${type}" is not known here: what it is for is closed until you decide`);
  } else tell(draft, 'lost', `a rule of type "${type}" is not known here, and nothing stands for it`);
}

function masking(draft: Draft, config: Json, unless: Condition | null): void {
  const reading = new Reading(config);
  const fields = readFields(reading.get('fields'));
  if (fields === null) {
    tell(
      draft,
      'lost',
      `which columns it masks cannot be said here: ${JSON.stringify(config.fields ?? null)}`,
    );
    return;
  }
  const { mask, stricter } = readVendorMask(reading.get('maskingConfig'));
  const predicate = reading.get('conditionalPredicate');
  const where = predicate === undefined || predicate === null ? null : readPredicate(predicate);
  const { on, leftOut } = columnsOf(fields, readCircumstances(draft.policy));
  write(draft, { on, mask: where === null ? mask : { ...mask, where } }, unless);
  for (const text of leftOut) tell(draft, 'stricter', text);
  if (stricter !== null) tell(draft, 'stricter', stricter);
  if (where === null && predicate !== undefined && predicate !== null)
    tell(draft, 'stricter', 'the rows that it masks cannot be said here: all are masked');
  for (const key of reading.unread()) tell(draft, 'note', `config.${key} is not carried over`);
  if (leftOut.length === 0 && stricter === null)
    tell(draft, 'carried', `${String(mask.with)} on ${shown(on)}`);
}

function rows(draft: Draft, type: string, config: Json, unless: Condition | null): void {
  const on = datasetsOf(readCircumstances(draft.policy));
  const custom = config.predicate ?? config.where;
  const where = custom === undefined ? readMatches(config) : readPredicate(custom);
  if (on === null) {
    tell(draft, 'lost', 'which datasets it filters cannot be said here, and nothing stands for it');
    return;
  }
  if (where !== null) {
    write(draft, { on, rows: { where } }, unless);
    tell(draft, 'carried', `rows of ${shown(on)}`);
    return;
  }
  if (on === 'everything') {
    tell(
      draft,
      'lost',
      `its filter (${type}) cannot be said here, and it is for all data: write one, with \`rows\``,
    );
    return;
  }
  write(draft, { on, deny: 'everyone' }, unless);
  tell(
    draft,
    'stricter',
    `its filter (${type}) cannot be said here: what it is for is closed until you write one`,
  );
}

/** Names, or `{ type: purposes, value }` as the older form has them. */
function purposeOf(one: unknown): string | null {
  return isRecord(one) ? (textOf(one.name) ?? textOf(one.value)) : textOf(one);
}

function purpose(draft: Draft, given: unknown, unless: Condition | null): void {
  const on = datasetsOf(readCircumstances(draft.policy));
  const purposes = listOf(given).map(purposeOf);
  if (on === null || purposes.length === 0 || purposes.includes(null)) {
    tell(draft, 'lost', 'the purposes that it demands cannot be said here, and nothing stands for it');
    return;
  }
  write(draft, { on, require: { purpose: purposes } }, unless);
  tell(draft, 'carried', `a purpose for ${shown(on)}`);
}

function write(draft: Draft, policy: Json, unless: Condition | null): void {
  draft.policies.push(unless === null ? policy : { ...policy, unless });
}

const shown = (on: Selector): string => (on === 'everything' ? 'all data' : JSON.stringify(on));

/** For ids and groups. */
export function slug(text: string): string {
  const plain = text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
  return (
    plain
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-+|-+$/g, '')
      .slice(0, 80) || 'policy'
  );
}
