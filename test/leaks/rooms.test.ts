/** A short run of the adversary in clean rooms; long ones are `node test/leaks/rooms/run.ts`. */
import { describe, expect, it } from 'vitest';
import { ENGINES, MISSING } from '../clean-room/world.ts';
import { random } from './random.ts';
import { runAdaptive } from './rooms/adaptive.ts';
import { runRooms } from './rooms/campaign.ts';
import { cutMembers, cutUsage, generatePeople, twinOf } from './rooms/people.ts';

for (const kind of ENGINES)
  if (MISSING[kind] !== null) console.warn(`the adversary in clean rooms skips ${kind}: ${MISSING[kind]}`);

describe.each(ENGINES.filter((kind) => MISSING[kind] === null))('on %s', (engine) => {
  it('nothing is told of anybody', async () => {
    const perWorld = engine === 'duckdb' ? 80 : 40;
    const { tally, findings } = await runRooms({ seed: '1', engine, firstWorld: 0, worlds: 1, perWorld });
    expect(findings).toEqual([]);
    expect(tally.answered).toBeGreaterThan(perWorld / 2);
  });

  it('nor to an adversary who asks by what they were answered', async () => {
    const worlds = engine === 'duckdb' ? 2 : 1;
    const { tally, findings } = await runAdaptive({ seed: '1', engine, firstWorld: 0, worlds, perWorld: 40 });
    expect(findings).toEqual([]);
    expect(tally.answered).toBeGreaterThan(worlds * 8);
    expect(tally.refusedLater).toBeGreaterThan(worlds * 8);
  });
});

describe('the adversary who adapts', () => {
  const campaign = { seed: '1', engine: 'duckdb', firstWorld: 0, worlds: 1, perWorld: 60 } as const;

  it('finds the person where small groups are not left out', async () => {
    const { findings } = await runAdaptive({ ...campaign, weakened: 'groups' });
    expect(findings).toHaveLength(1);
  });

  it('finds the person where nobody remembers what they were answered', async () => {
    const { findings } = await runAdaptive({ ...campaign, weakened: 'ledger' });
    expect(findings).toHaveLength(1);
  });
});

describe('twins', () => {
  it('have the same groups with the same sums, and nobody in them has the same values', () => {
    for (let i = 0; i < 30; i++) {
      const people = generatePeople(random(`twins/${i}`));
      const twin = twinOf(people, random(`twins/${i}/twin`));
      const told = (cut: ReturnType<typeof cutMembers>) => cut.shown.map(({ of: _, ...rest }) => rest);
      expect(told(cutMembers(twin))).toEqual(told(cutMembers(people)));
      expect(told(cutUsage(twin))).toEqual(told(cutUsage(people)));
      expect(twin.members).not.toEqual(people.members);
    }
  });

  it('have groups of as many as the rule asks for', () => {
    for (let i = 0; i < 30; i++) {
      const people = generatePeople(random(`sizes/${i}`));
      for (const { shown } of [cutMembers(people), cutUsage(people)])
        for (const { rows } of shown) expect(rows).toBeGreaterThanOrEqual(people.least);
    }
  });
});
