/** How fast text becomes proven text: parse, guard, print and parse again, over the queries of TPC-H, in one thread. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { guard } from '../src/sql/guard/guard.ts';
import { loadParser, parse } from '../src/sql/parse.ts';
import { print } from '../src/sql/print/print.ts';
import { givesBack } from '../src/sql/verify.ts';
import { ms, QUICK, report } from './report.ts';

const TPCH = fileURLToPath(new URL('../../shared/corpora/tpch', import.meta.url));
const AIM = 350;

/** What stands in where the corpus is not there: a join, an aggregate and a subquery. */
const STAND_IN = `select a.x, sum(b.y * (1 - b.z)) as total from a join b on a.id = b.id
  where a.d >= date '2020-01-01' and b.k in (select k from c where c.v > 10) group by a.x order by total desc limit 10`;

function queries(): readonly string[] {
  if (!existsSync(TPCH)) {
    console.log('TPC-H is not there: one stand-in query');
    return [STAND_IN];
  }
  return readdirSync(TPCH).map((file) => readFileSync(`${TPCH}/${file}`, 'utf8'));
}

await loadParser();
const texts = queries();
const steps = { parse: 0, guard: 0, print: 0, 'parse again and compare': 0 };

function timed<T>(step: keyof typeof steps, work: () => T): T {
  const start = performance.now();
  const made = work();
  steps[step] += performance.now() - start;
  return made;
}

function pass(): void {
  for (const text of texts) {
    const parsed = timed('parse', () => parse(text, { maxBytes: 100_000 }));
    const { select } = timed('guard', () => guard(parsed));
    const printed = timed('print', () => print(select));
    if (!timed('parse again and compare', () => givesBack(printed, select))) throw new Error(`lost: ${text}`);
  }
}

const rounds = QUICK ? 5 : 40;
for (let i = 0; i < rounds; i++) pass();
for (const step of Object.keys(steps) as (keyof typeof steps)[]) steps[step] = 0;
for (let i = 0; i < rounds; i++) pass();

const count = rounds * texts.length;
const total = Object.values(steps).reduce((sum, time) => sum + time, 0);
const rate = (count / total) * 1_000;
for (const [step, time] of Object.entries(steps)) report(`${step}, TPC-H, mean`, ms(time / count));
report(
  'parse, guard, print and parse again, TPC-H',
  `${Math.round(rate)} queries/s`,
  `${AIM} queries/s or more`,
  rate >= AIM,
);
