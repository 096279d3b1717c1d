/** The audit as a dataset: what the gate publishes itself, and the engine behind it. Both wait until they are asked. */
import { join } from 'node:path';
import { auditDatasets, auditorPolicies } from '../audit-dataset/datasets.ts';
import { createAuditEngine } from '../audit-dataset/engine.ts';
import { createRefresher, type Refresher } from '../audit-dataset/refresher.ts';
import type { Config } from '../config.ts';
import type { Engine } from '../engines/engine.ts';
import type { Observe } from '../observe.ts';
import type { BuiltIn } from '../snapshot.ts';
import { compilePermissions } from './permissions.ts';

export interface AuditDatasetParts {
  /** The log. */
  readonly audit: string;
  /** Where the warehouse lies, and where its copies do. */
  readonly folder: string;
  readonly publishDir: string;
  readonly observe: Observe;
}

export interface AuditDataset {
  readonly builtIn: BuiltIn | null;
  readonly engine: Engine;
  readonly usage: Refresher['usage'];
}

/** Null where it is turned off, or for nobody. */
export function builtInOf(config: Config): BuiltIn | null {
  const { auditor } = compilePermissions(config);
  if (!config.audit.dataset || auditor === undefined) return null;
  return { datasets: auditDatasets(), policies: auditorPolicies(auditor) };
}

export function openAuditDataset(config: Config, parts: AuditDatasetParts): AuditDataset {
  const { audit, folder, publishDir, observe } = parts;
  const { concurrency, per_identity: perIdentity, queue } = config.limits;
  const database = join(folder, 'audit-dataset.duckdb');
  const refresher = createRefresher({ audit, database });
  return {
    builtIn: builtInOf(config),
    engine: createAuditEngine({
      ...{ database, publishDir, refresher, concurrency, perIdentity, queue, observe },
      now: () => performance.now(),
    }),
    usage: refresher.usage,
  };
}
