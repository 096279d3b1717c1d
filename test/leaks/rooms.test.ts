/** A short run of the adversary in clean rooms; long ones are `node test/leaks/rooms/run.ts`. */
import { describe, expect, it } from 'vitest';
import { ENGINES, MISSING } from '../clean-room/world.ts';
import { random } from './random.ts';
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
