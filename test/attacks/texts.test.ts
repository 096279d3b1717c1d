/** Every hostile text through every door: refused with its stable code before the engine hears of it, or answered with what is harmless. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CODES, type Code } from '../../src/errors.ts';
import { ATTACKS, type Attack, on, shown, textOf } from './corpus.ts';
import { type Cli, cliDoor, cliOn, type Door, httpDoor, type Told } from './doors.ts';
import { recorded } from './look.ts';
import { ENGINES, MISSING, openStand, type Stand } from './stands.ts';

for (const kind of ENGINES)
  if (MISSING[kind] !== null) console.warn(`hostile texts skip ${kind}: ${MISSING[kind]}`);

describe.each(ENGINES.filter((kind) => MISSING[kind] === null))('on %s', (kind) => {
  let stand: Stand;
  let cli: Cli;
  let doors: Readonly<Record<'HTTP' | 'the command line', Door>>;
  let explain: Door;
  const run: string[] = [];

  beforeAll(async () => {
    stand = await openStand(kind, (engine) => recorded(engine, run));
    cli = await cliOn(stand.gate);
    doors = { HTTP: httpDoor(stand.gate), 'the command line': cliDoor(cli) };
    explain = httpDoor(stand.gate, '/v1/explain');
  });

  afterAll(async () => {
    await cli.close();
    await stand.close();
  });

  const here = ATTACKS.filter(({ engines }) => engines === undefined || engines.includes(kind));

  describe.each(here)('$class', ({ cases, as = 'analyst' }) => {
    const met = cases.flatMap((attack) => on(kind, attack) ?? []);

    it.each(met.map((attack) => ({ attack, shown: shown(attack) })))('$shown', async ({ attack }) => {
      const persona = attack.as ?? as;
      for (const [name, door] of Object.entries(doors)) {
        const before = run.length;
        const answer = await door(persona, attack);
        if (attack.code !== undefined) {
          expect(answer.code, `${name}: ${answer.text}`).toBe(attack.code);
          if (attack.stage !== 'engine') expect(run.slice(before)).toEqual([]);
          else expect(answer.text, 'a value in an error').not.toMatch(/SECRET4242|\bM0\d\d\d|@/);
        } else await expectHarmless(answer, attack, persona, door);
      }
      const explained = await explain(persona, attack);
      // What only the engine can know is not in an explanation; a denial is explained, not thrown.
      const refused = attack.stage === 'engine' || attack.code === 'access_denied' ? undefined : attack.code;
      expect(explained.code, explained.text).toBe(refused ?? null);
    });
  });

  it('none was an unclassified fault', () => {
    const seen = stand.gate.observed.flatMap((event) =>
      event.kind === 'request_failed' ? [event.code] : [],
    );
    expect(seen.filter((code) => ['internal', 'rewrite_failed', 'verify_failed'].includes(code))).toEqual([]);
    const met = here.flatMap(({ cases }) => cases.filter((attack) => on(kind, attack) !== null));
    console.log(
      `${met.length} hostile texts of ${here.length} classes on ${kind}, through ${Object.keys(doors).join(' and ')}`,
    );
  });
});

async function expectHarmless(answer: Told, attack: Attack, persona: string, door: Door): Promise<void> {
  const { rows, columns, like } = attack;
  expect(answer.code, answer.text).toBeNull();
  expect(
    [rows, columns, like].some((one) => one !== undefined),
    'a case says what it expects',
  ).toBe(true);
  if (rows !== undefined) expect(answer.rows).toEqual(rows);
  if (columns !== undefined) expect(answer.columns).toEqual(columns);
  if (like !== undefined) {
    const wanted = await door(persona, { sql: like });
    expect(answer.rows).toEqual(wanted.rows);
    expect(answer.columns).toEqual(wanted.columns);
  }
}

describe('the texts as a whole', () => {
  const all = ATTACKS.flatMap(({ cases }) => cases);

  it('are at least 300 in at least 40 classes, each with its reason', () => {
    expect(new Set(ATTACKS.map((one) => one.class)).size).toBe(ATTACKS.length);
    expect(ATTACKS.length).toBeGreaterThanOrEqual(40);
    expect(new Set(all.map((attack) => `${attack.as} ${textOf(attack)}`)).size).toBeGreaterThanOrEqual(300);
    for (const { reason } of ATTACKS) expect(reason.length).toBeGreaterThan(20);
  });

  it('expect codes that exist, and none that blames the gate', () => {
    const codes = all.flatMap(({ code }) => (code === undefined ? [] : [code]));
    expect(codes.filter((code) => !(code in CODES))).toEqual([]);
    expect(codes.filter((code: Code) => CODES[code].status >= 500)).toEqual([]);
  });
});
