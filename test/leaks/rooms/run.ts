/** `node test/leaks/rooms/run.ts --cases N --seed S --engine duckdb|postgres`: clean rooms under many questions; exits 2 if anything was told. */
import { parseArgs } from 'node:util';
import { ENGINES, MISSING } from '../../clean-room/world.ts';
import { runRooms } from './campaign.ts';

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '1000' },
    first: { type: 'string', default: '0' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    engine: { type: 'string', default: 'duckdb' },
    /** Questions to the same people, as one adversary would put them. */
    'per-world': { type: 'string', default: '1000' },
  },
});

const engine = ENGINES.find((name) => name === values.engine) ?? 'duckdb';
const missing = MISSING[engine];
if (missing !== null) console.log(`skipped: ${missing}`);
else {
  const perWorld = Math.min(Number(values['per-world']), Number(values.cases));
  const worlds = Math.ceil(Number(values.cases) / perWorld);
  console.log(
    `clean rooms: ${worlds} worlds of ${perWorld} questions, seed ${values.seed}, engine ${engine}`,
  );
  const { tally, findings } = await runRooms({
    seed: values.seed,
    engine,
    firstWorld: Number(values.first),
    worlds,
    perWorld,
  });
  for (const { at, sql, why } of findings.slice(0, 10)) console.log(`told at ${at}: ${sql}\n${why}`);
  console.log(
    `${tally.asked} asked, ${tally.answered} answered, ${tally.reckoned} of them reckoned (${tally.groups} groups), ${findings.length} told too much`,
  );
  process.exitCode = findings.length === 0 ? 0 : 2;
}
