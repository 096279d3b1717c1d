/** Who may act in a project and for which purposes, read strictly out of an exposure's `meta.sluice`; every problem is reported. */
import { createHash } from 'node:crypto';
import { readCondition } from '../policies/conditions.ts';
import type { Dnf, Literal } from '../policies/policy.ts';
import { isRecord, kindOf, type Report, readRecord } from '../policies/problem.ts';
import type { Purpose } from './dataset.ts';

/** Membership hangs on the identity: what a request says of itself makes nobody a member. */
const OF_THE_REQUEST: readonly Literal['fact'][] = ['project', 'purpose', 'network', 'hours'];

const NOBODY: Dnf = Object.freeze([]);

const frozen = (dnf: Dnf): Dnf =>
  Object.freeze(dnf.map((conjunction) => Object.freeze(conjunction.map((one) => Object.freeze({ ...one })))));

/** A condition of the policy language, or a list of them for any; `[]`, nobody, where none is written or it cannot be read. */
export function readMembers(value: unknown, report: Report): Dnf {
  if (value === undefined) return NOBODY;
  const path = ['members'];
  const condition = Array.isArray(value) ? { any: value } : value;
  const members = readCondition(condition, path, report);
  if (members === null) return NOBODY;
  const asked = members.flat().find(({ fact }) => OF_THE_REQUEST.includes(fact));
  if (asked === undefined) return frozen(members);
  report(path, `\`${asked.fact}\` is for policies: who is a member hangs on the identity alone`);
  return NOBODY;
}

/** Names, or `{ name, text, version }`. */
export function readPurposes(value: unknown, report: Report): readonly Purpose[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) {
    report(['purposes'], `expected a list of purposes; found ${kindOf(value)}`);
    return [];
  }
  const names = new Set<string>();
  return value.flatMap((item: unknown, index) => {
    const purpose = readPurpose(item, ['purposes', index], report);
    if (purpose === null) return [];
    if (names.has(purpose.name)) report(['purposes', index], `\`${purpose.name}\` stands there twice`);
    names.add(purpose.name);
    return [purpose];
  });
}

/** Ways in which members of one project can be told apart while all are to see the same: each of them is decided for. */
const MOST_WAYS = 16;

export function readEqualise(value: unknown, members: Dnf, report: Report): boolean {
  if (value === true && members.length > MOST_WAYS)
    report(
      ['equalise'],
      `the condition of \`members\` has more than ${MOST_WAYS} alternatives; say it with fewer`,
    );
  if (value === undefined || typeof value === 'boolean') return value ?? false;
  report(['equalise'], `expected true or false; found ${kindOf(value)}`);
  // What cannot be read is taken for the stricter.
  return true;
}

const PURPOSE_KEYS = ['name', 'text', 'version'];
/** As it goes into a header and a URL. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}$/;

function readPurpose(item: unknown, path: readonly (string | number)[], report: Report): Purpose | null {
  const fields = isRecord(item) ? readRecord(item, PURPOSE_KEYS, path, report) : { name: item };
  if (fields === null) return null;
  const { name, text = '', version } = fields;
  if (typeof name !== 'string' || !NAME.test(name)) {
    report(
      path,
      'a purpose has a name of letters, digits and `_ . : -`, or is a map with `name`, `text` and `version`',
    );
    return null;
  }
  if (typeof text !== 'string') {
    report([...path, 'text'], `expected a text; found ${kindOf(text)}`);
    return null;
  }
  const usable = typeof version === 'string' ? /^[\w.-]{1,64}$/.test(version) : typeof version === 'number';
  if (version !== undefined && !usable) {
    report([...path, 'version'], 'expected a short version such as 2 or 2026-03');
    return null;
  }
  const digest = createHash('sha256')
    .update(JSON.stringify([name, text]))
    .digest('hex')
    .slice(0, 16);
  return Object.freeze({ name, text, version: version === undefined ? digest : `${version}+${digest}` });
}
