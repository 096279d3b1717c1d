/** What a push refuses, as findings: each problem of the fault at its own place. */
import type { SluiceError } from '../errors.ts';
import { type Finding, finding, type RuleId } from '../findings.ts';

const RULE_OF: Readonly<Partial<Record<SluiceError['code'], RuleId>>> = {
  manifest_invalid: 'artifact-invalid',
  catalog_invalid: 'artifact-invalid',
  catalogue_invalid: 'artifact-invalid',
  publish_invalid: 'publish-invalid',
  policy_invalid: 'policy-invalid',
};

/** Null where the fault is none of the state's. */
export function refusalFindings(error: SluiceError): readonly Finding[] | null {
  const rule = RULE_OF[error.code];
  if (rule === undefined) return null;
  const problems =
    rule === 'artifact-invalid' || error.details.length === 0 ? [error.message] : error.details;
  // What a push left as it was is nothing to do about a problem, and lint changes nothing anyway.
  const hint = error.hint?.startsWith('Nothing was changed') ? null : error.hint;
  return problems.map((problem) => ofProblem(rule, problem, hint));
}

/** `policies/rows.yml:7: policy \`own-region\`: no column is tagged \`geo.region\` in gold.x`. */
function ofProblem(rule: RuleId, problem: string, hint: string | null): Finding {
  const [, file, line, rest = problem] = /^(\S[^:]*):(\d+): ([\s\S]*)$/.exec(problem) ?? [];
  if (file === undefined || line === undefined) {
    const [, node = null, message = problem] =
      /^((?:model|seed|source|snapshot)\.\S+): ([\s\S]*)$/.exec(problem) ?? [];
    return finding(rule, message, { node, hint });
  }
  const [, policy = null, message = rest] = /^policy `([^`]+)`: ([\s\S]*)$/.exec(rest) ?? [];
  return finding(ruleOf(message) ?? rule, message, { policy, file, line: Number(line), hint });
}

function ruleOf(message: string): RuleId | null {
  if (/^no column (is tagged )?`/.test(message)) return 'filter-on-missing-tag';
  return message.startsWith('one condition exempts from all') ? 'master-key' : null;
}
