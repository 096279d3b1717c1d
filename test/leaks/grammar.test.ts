/** The grammar of the oracle writes everything that the guard accepts: what is added to the tables gets a template here. */
import { beforeAll, expect, it } from 'vitest';
import { loadParser, parse } from '../../src/sql/parse.ts';
import { covered, note, nothingSeen } from './coverage.ts';
import { makeQuery } from './grammar/queries.ts';
import { random } from './random.ts';
import { ENGINES } from './stands.ts';
import { makeWorld } from './worlds.ts';

/** Of so many queries; most runs have seen everything long before. */
const WORLDS = 600;
const PER_WORLD = 100;
const PATIENCE_MS = 120_000;

beforeAll(loadParser);

it.each(ENGINES)(
  'writes every accepted construct for %s',
  (engine) => {
    const seen = nothingSeen();
    let missing: readonly string[] = [''];
    for (let w = 0; w < WORLDS && missing.length > 0; w++) {
      const world = makeWorld(engine, random(`grammar:${w}`));
      for (let q = 0; q < PER_WORLD; q++) {
        const { sql } = makeQuery(world, random(`grammar:${w}:${q}`));
        note(parse(sql, { maxBytes: 262_144 }).statement, seen);
      }
      missing = covered(seen, engine).flatMap((one) => one.missing);
    }
    expect(missing).toEqual([]);
  },
  PATIENCE_MS,
);
