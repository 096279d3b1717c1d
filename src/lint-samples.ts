/**
 * What an operator's lint looks at in the data: some rows of untagged columns, raw, in this process, and nothing of them but
 * shares comes out. They take the path of every query, guarded, verified and bounded, under a decision made here.
 */
import type { Decision } from './access/decision.ts';
import type { Column, Dataset } from './catalogue/dataset.ts';
import { freezeCatalogue } from './catalogue/lookup.ts';
import { classifier } from './discovery/classify.ts';
import { detectors } from './discovery/detectors.ts';
import { personDictionary } from './discovery/person-dictionary.ts';
import type { Sampled } from './discovery/verdict.ts';
import type { Engine } from './engines/engine.ts';
import { SluiceError } from './errors.ts';
import { ANONYMOUS } from './identity/identity.ts';
import { guard } from './sql/guard/guard.ts';
import { parse } from './sql/parse.ts';
import { admit } from './sql/resolve/admit.ts';
import { bind } from './sql/resolve/bind.ts';
import { resolve } from './sql/resolve/resolve.ts';
import { rewrite } from './sql/rewrite/rewrite.ts';
import type { VerifiedQuery } from './sql/stages.ts';
import { verify } from './sql/verify.ts';

export interface SampleOptions {
  readonly engines: ReadonlyMap<string, Engine>;
  /** Rows of each dataset. */
  readonly rows: number;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Before each dataset. */
  readonly onStep: (dataset: string) => void;
}

export interface Samples {
  readonly byDataset: ReadonlyMap<string, ReadonlyMap<string, Sampled>>;
  /** Datasets that could not be read, each with the code of the fault: its text may quote data. */
  readonly failed: readonly { readonly dataset: string; readonly code: string }[];
}

/** Bytes of one dataset's sample: long texts need not all be read. */
const MOST_BYTES = 16 << 20;
const SQL_BYTES = 1 << 20;

/** Families that can hold what is looked for. */
const LOOKED_AT: ReadonlySet<Column['family']> = new Set(['text', 'integer', 'decimal', 'unknown']);

export const candidateColumns = ({ columns, invalid }: Dataset): readonly Column[] =>
  invalid !== null
    ? []
    : columns.filter(
        ({ state, family }) => (state === 'untagged' || state === 'unclassified') && LOOKED_AT.has(family),
      );

export async function readSamples(datasets: readonly Dataset[], options: SampleOptions): Promise<Samples> {
  const found = detectors(personDictionary());
  const byDataset = new Map<string, ReadonlyMap<string, Sampled>>();
  const failed: { dataset: string; code: string }[] = [];
  for (const dataset of datasets) {
    const columns = candidateColumns(dataset);
    if (columns.length === 0) continue;
    options.onStep(dataset.id);
    try {
      const classifiers = columns.map(() => classifier(found));
      for await (const row of readRows(dataset, columns, options))
        row.forEach((value, index) => void classifiers[index]?.add(value));
      byDataset.set(
        dataset.id,
        new Map(
          columns.map(({ folded }, index) => [
            folded,
            classifiers[index]?.end() ?? { values: 0, verdict: null },
          ]),
        ),
      );
    } catch (thrown) {
      if (options.signal.aborted) throw thrown;
      failed.push({ dataset: dataset.id, code: thrown instanceof SluiceError ? thrown.code : 'internal' });
    }
  }
  return { byDataset, failed };
}

async function* readRows(
  dataset: Dataset,
  columns: readonly Column[],
  { engines, rows, timeoutMs, signal }: SampleOptions,
): AsyncGenerator<readonly unknown[]> {
  const engine = engines.get(dataset.engine);
  if (engine === undefined) throw new SluiceError('engine_unavailable');
  const running = await engine.run(await planSample(dataset, columns, rows, engine), {
    requestId: 'lint',
    principal: 'lint',
    encoding: 'json',
    maxRows: rows,
    maxBytes: MOST_BYTES,
    timeoutMs,
    signal,
  });
  const chunks: Uint8Array[] = [];
  for await (const { bytes } of running.chunks) chunks.push(bytes);
  yield* JSON.parse(`[${Buffer.concat(chunks).toString()}]`) as readonly (readonly unknown[])[];
}

/** One dataset and the columns that are looked at: nothing else exists for this query. */
async function planSample(
  dataset: Dataset,
  columns: readonly Column[],
  rows: number,
  engine: Engine,
): Promise<VerifiedQuery> {
  const shown = new Set(columns.map(({ folded }) => folded));
  const looked: Dataset = {
    ...dataset,
    id: NAME.join('.'),
    names: [NAME.join('.')],
    columns: dataset.columns.map((column) => ({ ...column, exposed: shown.has(column.folded) })),
  };
  const wanted = columns.map(({ folded }) => quoted(folded)).join(', ');
  const sql = `SELECT ${wanted} FROM ${NAME.map(quoted).join('.')}`;
  const bound = bind(guard(parse(sql, { maxBytes: SQL_BYTES })), freezeCatalogue([looked], [], []));
  const { bound: meant, governed } = admit(bound, new Map([[looked.id, decisionFor(looked)]]));
  return verify(
    rewrite(resolve(meant, governed), {
      engine: engine.kind,
      identity: ANONYMOUS,
      maskKey: null,
      params: [],
      page: { limit: rows, offset: 0 },
    }),
    engine,
  );
}

/** Whatever the dataset is called, it may hold dots and versions; nobody else sees this name. */
const NAME = ['lint', 'sample'] as const;

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** Made for this one query, by whoever runs lint beside the warehouse's own credentials; no policy is asked. */
function decisionFor({ id }: Dataset): Decision {
  return {
    dataset_id: id,
    allow: true,
    reason: 'operator',
    reasons: [],
    rows: [],
    masks: {},
    hidden: [],
    limits: {},
    expires_at: null,
    discoverable: true,
  };
}
