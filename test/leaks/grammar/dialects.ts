/** The dialect of each engine. */
import type { EngineKind } from '../../../src/sql/rewrite/build.ts';
import type { Dialect } from './dialect.ts';
import { DUCKDB } from './duckdb.ts';
import { POSTGRES } from './postgres.ts';

export const DIALECTS: Readonly<Record<EngineKind, Dialect>> = { duckdb: DUCKDB, postgres: POSTGRES };
