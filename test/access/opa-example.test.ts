/** The whole example on an OPA server: every persona on every dataset, for actions and purposes, is decided as in process. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Action, DecisionInput } from '../../src/access/decision.ts';
import { buildContext, buildInput } from '../../src/access/input.ts';
import { createPdp, type Pdp } from '../../src/access/pdp.ts';
import { findPersona, identityOf } from '../../src/identity/development/personas.ts';
import { ANONYMOUS } from '../../src/identity/identity.ts';
import { config, loadSnapshot, personas } from '../example/load.ts';
import { findOpa, type OpaServer, opaOptions, startOpa } from './support/opa.ts';

const ASKED: readonly (readonly [Action, string | null])[] = [
  ['query', null],
  ['query', 'fraud-investigation'],
  ['discover', null],
  ['reveal', null],
];

describe.skipIf(findOpa() === null)('the example on an OPA server', () => {
  let opa: OpaServer;
  let remote: Pdp;
  const embedded = createPdp({ kind: 'embedded' });
  beforeAll(async () => {
    opa = await startOpa();
    remote = createPdp(opaOptions(opa.url, { timeoutMs: 30_000 }));
  });
  afterAll(async () => {
    await remote?.close();
    await opa?.close();
  });

  const snapshot = loadSnapshot();
  const { policies } = snapshot;
  const names = [...personas.keys()];
  const identities = [
    ...names.map((name) => identityOf(findPersona(personas, name), 'http://127.0.0.1:8081')),
    ANONYMOUS,
  ];

  it.each(identities.map((identity) => [identity.sub, identity] as const))('%s', async (_sub, identity) => {
    const items: DecisionInput[] = ASKED.flatMap(([action, purpose]) =>
      snapshot.catalogue.datasets.map((dataset) =>
        buildInput({
          action,
          dataset,
          identity,
          policies,
          request: { sql_tables: [dataset.id], columns: [], limit: 10, offset: 0, formats: ['json'] },
          context: buildContext({
            now: Date.UTC(2026, 5, 3, 12),
            environment: config.environment,
            clientIp: '10.1.2.3',
            policies,
            project: purpose === null ? null : 'fraud',
            purpose,
          }),
        }),
      ),
    );
    expect(items.length).toBeGreaterThan(80);
    expect(await remote.decide(items)).toEqual(await embedded.decide(items));
  });
});
