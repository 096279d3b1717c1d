import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { createDecider } from '../../src/access/decide.ts';
import type { Decision } from '../../src/access/decision.ts';
import { createPdp } from '../../src/access/pdp.ts';
import { summarise } from '../../src/access/summarise.ts';
import { compilePolicies } from '../../src/policies/compile.ts';
import type { MaskSpec } from '../../src/policies/policy.ts';
import {
  catalogue,
  context,
  type DatasetSpec,
  dataset,
  type IdentitySpec,
  identity,
  request,
} from '../policies/support/catalogue.ts';

/** Facts in, the wanted decision and the wanted part of the audit event out; absent parts of `want` are empty. */
const caseSchema = z.strictObject({
  name: z.string(),
  dataset: z.custom<DatasetSpec>().optional(),
  identity: z.custom<IdentitySpec>().optional(),
  context: z.strictObject({ project: z.string().optional(), purpose: z.string().optional() }).optional(),
  policies: z.array(z.unknown()).optional(),
  /** Short for one policy that allows whom this condition names. */
  who: z.unknown().optional(),
  want: z.strictObject({
    reason: z.string(),
    discoverable: z.boolean().optional(),
    /** `effect policy: because`; not compared where absent. */
    reasons: z.array(z.string()).optional(),
    rows: z.array(z.record(z.string(), z.unknown())).optional(),
    masks: z.record(z.string(), z.string()).optional(),
    hidden: z.array(z.string()).optional(),
  }),
  audit: z
    .strictObject({
      decision: z.enum(['allow', 'deny']),
      reasons: z.array(z.string()),
      policy_ids: z.array(z.string()),
    })
    .optional(),
});
const fileSchema = z.strictObject({ dataset: z.custom<DatasetSpec>(), cases: z.array(caseSchema) });

const maskText = (mask: MaskSpec | null): string =>
  Object.values(mask ?? {})
    .map(String)
    .join(' ');

const decider = createDecider({ pdp: createPdp({ kind: 'embedded' }), cacheSize: 0 });

async function decide(shared: DatasetSpec, c: z.infer<typeof caseSchema>): Promise<Decision> {
  const subject = dataset({ ...shared, ...c.dataset });
  const policies = c.policies ?? (c.who === undefined ? [] : [{ id: 'who', on: 'everything', allow: c.who }]);
  const decisions = await decider.decide({
    identity: identity(c.identity),
    datasets: [subject],
    policies: compilePolicies([{ path: 'p.yml', text: JSON.stringify({ policies }) }], catalogue([subject]), {
      environment: 'production',
    }),
    snapshotHash: c.name,
    action: 'query',
    request,
    context: context(c.context),
  });
  const decision = decisions.get(subject.id);
  if (decision === undefined) throw new Error('no decision');
  return decision;
}

const folder = 'test/cases/decisions';
describe.each(readdirSync(folder))('%s', (file) => {
  const { dataset: shared, cases } = fileSchema.parse(parse(readFileSync(`${folder}/${file}`, 'utf8')));
  it.each(cases.map((c) => [c.name, c] as const))('%s', async (_name, c) => {
    const decision = await decide(shared, c);
    const { want } = c;
    const masks = Object.entries(decision.masks).map(([column, { policy, mask, when = [] }]) => [
      column,
      [{ policy, mask }, ...when]
        .map((one) => (one.mask === null ? '-' : `${one.policy} ${maskText(one.mask)}`))
        .join('; else where: '),
    ]);
    expect({
      allow: decision.allow,
      reason: decision.reason,
      discoverable: decision.discoverable,
      rows: decision.rows.map(({ policy, predicate }) => ({ [policy]: predicate })),
      masks: Object.fromEntries(masks),
      hidden: [...decision.hidden].sort(),
      limits: decision.limits,
      expires_at: decision.expires_at,
    }).toEqual({
      allow: want.reason === 'allowed',
      reason: want.reason,
      discoverable: want.discoverable ?? true,
      rows: want.rows ?? [],
      masks: want.masks ?? {},
      hidden: want.hidden ?? [],
      limits: {},
      expires_at: null,
    });
    if (want.reasons !== undefined) {
      expect(decision.reasons.map((r) => `${r.effect} ${r.policy}: ${r.because}`)).toEqual(want.reasons);
    }
    if (c.audit !== undefined) expect(summarise([decision])).toEqual(c.audit);
  });
});
