/** `node test/leaks/rooms/run.ts --cases N --seed S --engine duckdb|postgres`: clean rooms under many questions; exits 2 if anything was told. */
import { parseArgs } from 'node:util';
import { ENGINES, MISSING } from '../../clean-room/world.ts';
import { runAdaptive } from './adaptive.ts';
import { runRooms } from './campaign.ts';

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '1000' },
    first: { type: 'string', default: '0' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    engine: { type: 'string', default: 'duckdb' },
    /** Questions to the same people, as one adversary would put them. */
    'per-world': { type: 'string', default: '1000' },
    /** Of the questions, how many the adversary chooses by what was answered before. */
    adaptive: { type: 'string', default: '0.2' },
  },
});

/** Of an adversary who adapts; half of them after the data has changed. */
const IN_ONE_WORLD = 100;

const engine = ENGINES.find((name) => name === values.engine) ?? 'duckdb';
const missing = MISSING[engine];
if (missing !== null) console.log(`skipped: ${missing}`);
else {
  const chosen = Math.round(Number(values.cases) * Math.min(1, Math.max(0, Number(values.adaptive))));
  const drawn = Number(values.cases) - chosen;
  const firstWorld = Number(values.first);
  const shared = { seed: values.seed, engine, firstWorld };
  let told = 0;
  if (drawn > 0) {
    const perWorld = Math.min(Number(values['per-world']), drawn);
    const worlds = Math.ceil(drawn / perWorld);
    console.log(
      `clean rooms: ${worlds} worlds of ${perWorld} questions, seed ${values.seed}, engine ${engine}`,
    );
    const { tally, findings } = await runRooms({ ...shared, worlds, perWorld });
    for (const { at, sql, why } of findings.slice(0, 10)) console.log(`told at ${at}: ${sql}\n${why}`);
    console.log(
      `${tally.asked} asked, ${tally.answered} answered, ${tally.reckoned} of them reckoned (${tally.groups} groups), ${findings.length} told too much`,
    );
    told += findings.length;
  }
  if (chosen > 0) {
    const perWorld = Math.min(IN_ONE_WORLD, chosen);
    const worlds = Math.ceil(chosen / perWorld);
    console.log(
      `adaptive: ${worlds} secrets, ${perWorld} questions each, seed ${values.seed}, engine ${engine}`,
    );
    const { tally, findings } = await runAdaptive({ ...shared, worlds, perWorld });
    for (const { at, move, told: answers } of findings.slice(0, 10))
      console.log(`found at ${at}, by ${move.form} in ${move.project}: ${move.sql}\n${answers.join('\n')}`);
    console.log(
      `${tally.asked} asked, ${tally.answered} answered, ${tally.refusedLater} refused once the data had changed, ${findings.length} secrets found`,
    );
    told += findings.length;
  }
  process.exitCode = told === 0 ? 0 : 2;
}
