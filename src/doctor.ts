/**
 * Examines every engine of a configuration against the metadata that was pushed last, its decision point, and where audit events
 * and notifications go; opens no gate and changes nothing.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Dataset } from './catalogue/dataset.ts';
import type { Config } from './config.ts';
import { examineDuckDb } from './engines/duckdb/examine.ts';
import { type Finding, problem } from './engines/finding.ts';
import { examinePostgres } from './engines/postgres/examine.ts';
import { postgresConnection } from './open/engines.ts';
import { examineAudit } from './open/examine-audit.ts';
import { examineNotify } from './open/examine-notify.ts';
import { examinePdp } from './open/examine-pdp.ts';
import { stateFolder } from './open.ts';
import { buildSnapshot, type SnapshotInput } from './snapshot.ts';
import { loadParser } from './sql/parse.ts';
import { openStore } from './store/open-store.ts';

export interface EngineReport {
  readonly engine: string;
  readonly kind: string;
  readonly findings: readonly Finding[];
}

export async function examine(config: Config): Promise<readonly EngineReport[]> {
  const known = await datasetsOf(config);
  const reports: EngineReport[] = [];
  for (const [name, engine] of Object.entries(config.engines)) {
    const published = Array.isArray(known)
      ? known.filter((dataset) => dataset.engine === name).map((dataset) => dataset.relation)
      : null;
    const findings =
      engine.kind === 'duckdb'
        ? await examineDuckDb({ ...engine, publishDir: join(stateFolder(config), 'published') })
        : await examinePostgres(postgresConnection(engine), published);
    reports.push({ engine: name, kind: engine.kind, findings });
  }
  reports.push({ engine: 'pdp', kind: config.pdp.kind, findings: await examinePdp(config) });
  const [audit, notify] = [await examineAudit(config), await examineNotify(config)];
  if (audit.length > 0) reports.push({ engine: 'audit', kind: 'sqlite', findings: audit });
  if (notify.length > 0) reports.push({ engine: 'notify', kind: 'outbox', findings: notify });
  if (typeof known !== 'string') return reports;
  return [...reports, { engine: 'state', kind: 'sqlite', findings: [problem('state', known)] }];
}

/** Of the last push; null before the first, a text where it cannot be read. */
async function datasetsOf(config: Config): Promise<readonly Dataset[] | null | string> {
  if (!existsSync(config.state.replace(/^sqlite:/, ''))) return null;
  try {
    await loadParser();
    const store = await openStore(config.state);
    try {
      const stored = await store.latestSnapshot();
      if (stored === null) return null;
      const input = JSON.parse(stored.input) as Omit<SnapshotInput, 'physical'>;
      return buildSnapshot({ ...input, physical: {} }).catalogue.datasets;
    } finally {
      await store.close();
    }
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
