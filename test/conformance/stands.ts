/** The same small warehouse behind every engine, so that one suite can ask them all the same. */
import type { Engine } from '../../src/engines/engine.ts';
import { createPostgresEngine } from '../../src/engines/postgres/engine.ts';
import { missingServer, startServer } from '../engines/postgres/server.ts';
import { openBench } from '../engines/support.ts';

export interface EngineOptions {
  readonly concurrency: number;
  readonly perIdentity: number;
  readonly queue: number;
  readonly graceMs: number;
  readonly stallMs: number;
}

export interface Opened {
  readonly engine: Engine;
  close(): Promise<void>;
}

export interface Stand {
  /** An engine of its own on the same data. */
  open(options?: Partial<EngineOptions>): Promise<Opened>;
  close(): Promise<void>;
}

export interface StandOf {
  readonly kind: Engine['kind'];
  /** Why it cannot be had here, or null. */
  readonly missing: string | null;
  set(): Promise<Stand>;
}

const DEFAULTS: EngineOptions = {
  concurrency: 4,
  perIdentity: 4,
  queue: 16,
  graceMs: 2_000,
  stallMs: 60_000,
};

export const ROWS = 50_000;
export const WIDE_ROWS = 200_000;

/** In all engines, relations are called as in `warehouse.gold.numbers`. */
const NUMBERS = `CREATE TABLE gold.numbers AS SELECT i, 'secret-' || i AS name FROM`;
const WIDE = `CREATE TABLE gold.wide AS SELECT i, repeat('0123456789', 20) AS filler FROM`;

export const STANDS: readonly StandOf[] = [
  {
    kind: 'duckdb',
    missing: null,
    async set() {
      const statements = [
        'CREATE SCHEMA gold',
        `${NUMBERS} range(${ROWS}) r(i)`,
        `${WIDE} range(${WIDE_ROWS}) r(i)`,
      ];
      return {
        open: (options = {}) => openBench(statements, { ...DEFAULTS, ...options }),
        close: async () => {},
      };
    },
  },
  {
    kind: 'postgres',
    missing: missingServer,
    async set() {
      const server = await startServer();
      const series = (rows: number): string => `generate_series(0::bigint, ${rows - 1}) r(i)`;
      await server.run(
        'CREATE SCHEMA gold',
        `${NUMBERS} ${series(ROWS)}`,
        `${WIDE} ${series(WIDE_ROWS)}`,
        'ANALYZE',
      );
      return {
        async open(options = {}) {
          const engine = createPostgresEngine({
            name: 'warehouse',
            connection: { url: server.url },
            ...DEFAULTS,
            ...options,
          });
          return { engine, close: () => engine.close() };
        },
        close: server.close,
      };
    },
  },
];
