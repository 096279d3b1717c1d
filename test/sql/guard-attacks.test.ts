/** Hostile texts, a file a class under test/attacks: each is refused with its own stable code, in the caller's words only. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { CODES, SluiceError } from '../../src/errors.ts';
import { guard } from '../../src/sql/guard/guard.ts';
import { loadParser, parse } from '../../src/sql/parse.ts';

const FOLDER = join(import.meta.dirname, '../attacks');

interface Attack {
  readonly sql?: string;
  /** A text too long to write out. */
  readonly repeat?: {
    readonly head: string;
    readonly open: string;
    readonly body: string;
    readonly close: string;
    readonly times: number;
  };
  readonly code: string;
  readonly why?: string;
  /** `resolve`: the guard lets it pass, resolution or rewriting refuses it. */
  readonly stage?: 'resolve';
}

interface AttackClass {
  readonly class: string;
  readonly reason: string;
  readonly cases: readonly Attack[];
}

const CLASSES = readdirSync(FOLDER).map(
  (file) => parseYaml(readFileSync(join(FOLDER, file), 'utf8')) as AttackClass,
);

function textOf({ sql, repeat }: Attack): string {
  if (repeat === undefined) return sql ?? '';
  const { head, open, body, close, times } = repeat;
  return head + open.repeat(times) + body + close.repeat(times);
}

function admit(text: string): SluiceError | null {
  try {
    guard(parse(text, { maxBytes: 1_000_000 }));
    return null;
  } catch (error) {
    if (error instanceof SluiceError) return error;
    throw error;
  }
}

beforeAll(loadParser);

describe.each(CLASSES)('$class', ({ reason, cases }) => {
  it('says why', () => expect(reason.length).toBeGreaterThan(20));

  it.each(cases.map((attack) => ({ ...attack, shown: textOf(attack).slice(0, 80) })))('$shown', (attack) => {
    const text = textOf(attack);
    const refusal = admit(text);
    if (attack.stage === 'resolve') {
      expect(refusal).toBeNull();
      return;
    }
    expect(refusal?.code).toBe(attack.code);
    expect(refusal?.hint).toBeTruthy();
    const position = refusal?.position ?? 0;
    expect(position).toBeGreaterThanOrEqual(0);
    expect(position).toBeLessThanOrEqual(text.length);
  });
});

describe('the attacks as a whole', () => {
  const all = CLASSES.flatMap(({ cases }) => cases);

  it('are at least 150 in at least 20 classes', () => {
    console.log(`${all.length} hostile texts of ${CLASSES.length} classes`);
    expect(CLASSES.length).toBeGreaterThanOrEqual(20);
    expect(all.length).toBeGreaterThanOrEqual(150);
  });

  it('expect codes that exist', () => {
    expect(all.filter(({ code }) => !(code in CODES))).toEqual([]);
  });

  it('leave the parser whole', () => {
    expect(admit('select a, sum(b) from t group by a')).toBeNull();
  });
});
