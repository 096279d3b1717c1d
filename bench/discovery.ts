/**
 * How often discovery is right: precision and recall of the value detectors on made-up columns of both kinds, seeded, and of
 * the names on the table of its test; then how long a column of a thousand values takes.
 */
import { classifier } from '../src/discovery/classify.ts';
import { detectors } from '../src/discovery/detectors.ts';
import { personDictionary } from '../src/discovery/person-dictionary.ts';
import { labelled } from '../test/discovery/labelled.ts';
import { ms, QUICK, report } from './report.ts';

const SEEDS = QUICK ? [101] : [101, 102, 103, 104, 105];
const ROWS = QUICK ? 200 : 1_000;
const PRECISION = 0.97;
const RECALL = 0.94;

const started = performance.now();
const found = detectors(personDictionary());
const loaded = performance.now() - started;

const counts = { columns: 0, personal: 0, told: 0, right: 0 };
const missed = new Map<string, number>();
let spent = 0;
for (const seed of SEEDS)
  for (const { tag, values } of labelled(seed, ROWS)) {
    const before = performance.now();
    const column = classifier(found);
    for (const value of values) column.add(value);
    const told = column.end().verdict?.tag ?? null;
    spent += performance.now() - before;
    counts.columns += 1;
    if (tag !== null) counts.personal += 1;
    if (told !== null) counts.told += 1;
    if (told !== null && told === tag) counts.right += 1;
    if (tag !== told) missed.set(`${tag} as ${told}`, (missed.get(`${tag} as ${told}`) ?? 0) + 1);
  }

const share = (part: number, whole: number): string => `${((100 * part) / whole).toFixed(1)} %`;
const [precision, recall] = [counts.right / counts.told, counts.right / counts.personal];
const of = `${counts.columns} columns of ${ROWS} values, ${counts.personal} personal`;
report(
  'discovery by values: precision',
  `${share(counts.right, counts.told)} (${of})`,
  `${100 * PRECISION} %`,
  precision >= PRECISION,
);
report(
  'discovery by values: recall',
  share(counts.right, counts.personal),
  `${100 * RECALL} %`,
  recall >= RECALL,
);
report('discovery by values: one column', ms(spent / counts.columns));
report('discovery by values: dictionary of names loaded', ms(loaded));
for (const [what, times] of missed) console.log(`  ${what}: ${times}`);
