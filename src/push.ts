/** The path of a push: door -> identity -> dbt artifacts and policies -> snapshot -> store -> served, with audit told of it. */

import type { AuditEvent } from './audit/event.ts';
import { publishRuleSchema } from './catalogue/publish.ts';
import { SluiceError } from './errors.ts';
import type { Gate } from './gate.ts';
import type { Caller } from './request/ask.ts';
import { demand } from './request/permit.ts';
import type { PushContent } from './state/artifacts.ts';
import type { Applied } from './state/metadata.ts';

/** Dbt's artifacts and policy files; the rest is as the gate is configured unless it comes along. */
export interface Pushed extends Pick<PushContent, 'manifest' | 'policies'> {
  readonly catalog?: unknown;
  readonly yaml_files?: PushContent['yaml_files'] | undefined;
  readonly publish?: readonly unknown[] | undefined;
  readonly search_path?: readonly string[] | undefined;
  readonly prefix?: string | null | undefined;
}

export interface PushReport {
  readonly etag: string;
  readonly changed: boolean;
  readonly datasets: number;
  readonly columns: number;
  readonly policies: number;
  readonly warnings: readonly string[];
}

export interface PushOptions {
  readonly dryRun: boolean;
  readonly expected?: string;
}

/** @throws SluiceError token_missing, access_denied, 9xxx; nothing changed then */
export async function pushMetadata(
  caller: Caller,
  pushed: Pushed,
  options: PushOptions,
  gate: Gate,
): Promise<PushReport> {
  const identity = await gate.authenticate(caller.token);
  return onRecord(caller, identity, options, gate, async (record) => {
    demand(identity, ['publisher'], 'Only publishers may push metadata.', gate);
    return gate.metadata.apply(inputOf(pushed, gate), { by: identity.sub, ...options, record });
  });
}

/** A push by whoever can write the state's files anyway; `operator` names them in the audit. */
export async function pushAsOperator(
  operator: string,
  caller: Omit<Caller, 'token' | 'signal'>,
  pushed: Pushed,
  options: PushOptions,
  gate: Gate,
): Promise<PushReport> {
  const subject = { sub: operator, kind: 'user', issuer: null };
  return onRecord(caller, subject, options, gate, (record) =>
    gate.metadata.apply(inputOf(pushed, gate), { by: operator, ...options, record }),
  );
}

/** A push is in the audit before it is applied, and a failure before it is told: one that failed late has both events. */
async function onRecord(
  caller: Omit<Caller, 'token' | 'signal'>,
  { sub, kind, issuer }: AuditEvent['subject'],
  options: PushOptions,
  gate: Gate,
  push: (record: (etag: string) => Promise<void>) => Promise<Applied>,
): Promise<PushReport> {
  const started = gate.now();
  const told = (rest: Partial<AuditEvent>): Promise<void> =>
    gate.audit.append({
      time: gate.now().toISOString(),
      request_id: caller.requestId,
      event: 'push',
      subject: { sub, kind, issuer },
      action: options.dryRun ? 'push_dry_run' : 'push',
      datasets: [],
      decision: 'allow',
      reasons: [],
      policy_ids: [],
      snapshot: null,
      sql_fingerprint: null,
      sql_normalised: null,
      rows: 0,
      bytes: 0,
      duration_ms: gate.now().getTime() - started.getTime(),
      engine: null,
      client: caller.client,
      ...rest,
    });
  try {
    return reportOf(await push((etag) => told({ snapshot: etag })));
  } catch (thrown) {
    await told({ decision: 'deny', error_code: thrown instanceof SluiceError ? thrown.code : 'internal' });
    throw thrown;
  }
}

/** @throws SluiceError publish_invalid */
function inputOf(pushed: Pushed, { environment, defaults }: Pick<Gate, 'environment' | 'defaults'>) {
  const rules = publishRuleSchema.array().safeParse(pushed.publish ?? defaults.publish);
  if (!rules.success)
    throw new SluiceError('publish_invalid', undefined, {
      details: rules.error.issues.map((issue) => `publish.${issue.path.join('.')}: ${issue.message}`),
    });
  return {
    environment,
    engines: defaults.engines,
    manifest: pushed.manifest,
    catalog: pushed.catalog ?? null,
    yamlFiles: pushed.yaml_files ?? {},
    policyFiles: pushed.policies,
    publish: rules.data,
    searchPath: pushed.search_path ?? defaults.searchPath,
    prefix: pushed.prefix === undefined ? defaults.prefix : pushed.prefix,
  };
}

function reportOf({ snapshot, etag, changed }: Applied): PushReport {
  const { datasets } = snapshot.catalogue;
  return {
    etag,
    changed,
    datasets: datasets.length,
    columns: datasets.reduce((sum, dataset) => sum + dataset.columns.length, 0),
    policies: snapshot.policies.policies.length,
    warnings: snapshot.warnings,
  };
}

export interface CurrentMetadata extends PushReport {
  readonly created_at: string;
  readonly created_by: string;
}

/** @throws SluiceError token_missing, access_denied unless the caller is a publisher or a steward */
export async function currentMetadata(caller: Caller, gate: Gate): Promise<CurrentMetadata> {
  const identity = await gate.authenticate(caller.token);
  demand(identity, ['publisher', 'steward'], 'The applied state is shown to publishers and stewards.', gate);
  const state = await gate.metadata.current();
  return {
    ...reportOf({ ...state, changed: false }),
    created_at: state.createdAt,
    created_by: state.createdBy,
  };
}
