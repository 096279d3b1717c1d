/** Findings as SARIF 2.1.0, which code scanning of several forges reads. */
import { createHash } from 'node:crypto';
import { type Finding, type Level, RULES, type RuleId } from '../../../findings.ts';
import type { HygieneReport } from '../../../hygiene/report.ts';
import { keyOf } from './baseline.ts';
import { sentenceOf } from './sentence.ts';

const SCHEMA = 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json';
const ROOT = '%SRCROOT%';
const RULE_IDS = Object.keys(RULES) as readonly RuleId[];

export function toSarif({ findings, coverage }: HygieneReport, version: string): string {
  const log = {
    $schema: SCHEMA,
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'sluice lint',
            semanticVersion: version,
            rules: RULE_IDS.map((id) => ({
              id,
              shortDescription: { text: RULES[id].title },
              fullDescription: { text: RULES[id].help },
              help: { text: RULES[id].help },
              defaultConfiguration: { level: RULES[id].level satisfies Level },
            })),
          },
        },
        columnKind: 'utf16CodeUnits',
        results: findings.map(resultOf),
        properties: { coverage },
      },
    ],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}

function resultOf(one: Finding) {
  const text = one.hint === null ? sentenceOf(one) : `${sentenceOf(one)}. ${one.hint}`;
  return {
    ruleId: one.rule,
    ruleIndex: RULE_IDS.indexOf(one.rule),
    level: one.level,
    message: { text },
    locations: [locationOf(one)],
    partialFingerprints: { 'finding/v1': createHash('sha256').update(keyOf(one)).digest('hex') },
  };
}

function locationOf({ file, line, dataset, node, column, policy }: Finding) {
  const name = policy ?? dataset ?? node;
  const fullyQualifiedName = name === null ? null : column === null ? name : `${name}.${column}`;
  return {
    ...(file === null
      ? {}
      : {
          physicalLocation: {
            artifactLocation: { uri: encodeURI(file), uriBaseId: ROOT },
            ...(line === null ? {} : { region: { startLine: line } }),
          },
        }),
    ...(fullyQualifiedName === null
      ? {}
      : { logicalLocations: [{ fullyQualifiedName, kind: column === null ? 'type' : 'member' }] }),
  };
}
