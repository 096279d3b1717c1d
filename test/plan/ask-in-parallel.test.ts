/** Many questions are answered as few are, in their order; a thread that ends leaves nobody waiting. */
import { expect, it } from 'vitest';
import type { DecisionInput } from '../../src/access/decision.ts';
import { askerOf } from '../../src/plan/ask-in-parallel.ts';
import { context, identity, request } from '../policies/support/catalogue.ts';
import { pdp } from './states.ts';

const question = (n: number): DecisionInput => ({
  action: 'query',
  dataset: {
    dataset_id: `gold.d${n}`,
    namespace: 'gold',
    access_level: n % 3 === 0 ? 'restricted' : 'internal',
    tags: [],
    columns: [{ name: 'a', type: null, tags: [], state: 'documented' }],
    owner: null,
    resource_type: 'model',
    policies: [],
  },
  identity: identity(),
  request,
  context: context(),
});

it('gives the answers of one decision point, whoever is asked', async () => {
  const questions = Array.from({ length: 2_500 }, (_, n) => question(n));
  const asker = await askerOf(pdp);
  try {
    const answers = await asker.ask(questions);
    const shown = (list: typeof answers) =>
      list.map(({ dataset_id, allow, reason, hidden }) => [dataset_id, allow, reason, hidden]);
    expect(shown(answers)).toEqual(shown(await pdp.decide(questions)));
  } finally {
    await asker.close();
  }
});

it('fails, and does not wait, once it is closed', async () => {
  const asker = await askerOf(pdp);
  await asker.ask(Array.from({ length: 2_001 }, (_, n) => question(n)));
  await asker.close();
  await expect(asker.ask([question(1)])).rejects.toMatchObject({ code: 'pdp_unavailable' });
});
