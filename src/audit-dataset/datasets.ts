/** The audit's tables as datasets of the catalogue, and the policies that close them to everyone but auditors. */
import { BUILT_IN_ENGINE, BUILT_IN_NAMESPACE } from '../catalogue/built-in.ts';
import type { Column, Dataset } from '../catalogue/dataset.ts';
import type { Dnf, MatchedPolicy } from '../policies/policy.ts';
import { AUDIT_TABLES, type AuditTable, familyOf } from './tables.ts';

/** Catalog and schema of the warehouse. */
export const AUDIT_CATALOG = 'audit';
export const AUDIT_SCHEMA = 'main';

export const AUDITORS_POLICY = 'sluice-auditors';

export function auditDatasets(): readonly Dataset[] {
  return Object.freeze(AUDIT_TABLES.map(datasetOf));
}

function datasetOf(table: AuditTable): Dataset {
  const id = `${BUILT_IN_NAMESPACE}.${table.name}`;
  return Object.freeze({
    id,
    names: Object.freeze([id]),
    namespace: BUILT_IN_NAMESPACE,
    name: table.name,
    version: null,
    uniqueId: id,
    engine: BUILT_IN_ENGINE,
    relation: Object.freeze({ database: AUDIT_CATALOG, schema: AUDIT_SCHEMA, identifier: table.name }),
    description: table.description,
    owner: null,
    resourceType: 'source',
    package: BUILT_IN_NAMESPACE,
    folder: Object.freeze([]),
    materialized: 'table',
    view: false,
    access: null,
    group: null,
    contract: true,
    tags: Object.freeze([]),
    columns: Object.freeze(
      table.columns.map(
        (column): Column =>
          Object.freeze({
            name: column.name,
            folded: column.name,
            type: column.type,
            family: familyOf(column),
            description: column.description,
            tags: Object.freeze([]),
            state: 'untagged',
            exposed: true,
          }),
      ),
    ),
    accessLevel: 'restricted',
    accessLevelSource: 'the gate itself',
    invalid: null,
  });
}

/**
 * Auditors are let in, and nobody else is, whoever another policy or a grant lets in as well: hence the requirement.
 *
 * @param auditors the condition of `identity.permissions.auditor`
 */
export function auditorPolicies(auditors: Dnf): readonly MatchedPolicy[] {
  const base = {
    id: AUDITORS_POLICY,
    description: 'The audit is for auditors: identity.permissions.auditor of the configuration.',
    source: { file: 'sluice.yml', line: 1 },
    unless: null,
    who: auditors,
  };
  return Object.freeze([
    Object.freeze({ ...base, effect: 'allow' as const }),
    Object.freeze({ ...base, effect: 'require' as const }),
  ]);
}
