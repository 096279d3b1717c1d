/** Asks a case of a running gate over HTTP, as its persona's token is seen there. What needs the gate's own process is skipped. */
import type { Config } from '../../../config.ts';
import { rowsToAsk, sqlOf, type TestCase } from '../../../policy-tests/case.ts';
import type { Outcome } from '../../../policy-tests/outcome.ts';
import type { Skipped } from '../../../policy-tests/run.ts';
import { type GateClient, jsonOf, RefusedByGate } from '../client.ts';
import type { Wiring } from '../wiring.ts';

interface Page {
  readonly columns: readonly { readonly name: string; readonly masked: boolean }[];
  readonly rows: readonly (readonly unknown[])[];
  readonly page: { readonly has_more: boolean };
  readonly decisions: readonly { readonly dataset: string; readonly filtered: boolean }[];
}

export function askRemote(
  client: GateClient,
  config: Config,
  wiring: Wiring,
): (test: TestCase) => Promise<Outcome | Skipped> {
  const tokens = new Map<string, Promise<string | null>>();
  return async (test) => {
    const { as, actor } = test;
    if (typeof as !== 'string' || typeof actor === 'object')
      return { skipped: 'an identity written out has no token there' };
    if (test.grants !== undefined) return { skipped: 'what was granted cannot be chosen there' };
    if (test.context !== undefined) return { skipped: 'where and when it is asked cannot be chosen there' };
    if (test.purpose !== undefined)
      return { skipped: 'that its purpose was acknowledged is not taken as given there' };
    const both = JSON.stringify([as, actor]);
    const minted = tokens.get(both) ?? wiring.mintToken(config, as, actor === undefined ? {} : { actor });
    tokens.set(both, minted);
    const token = await minted;
    const body = {
      sql: sqlOf(test),
      limit: rowsToAsk(test),
      ...(test.params ? { params: test.params } : {}),
      ...(test.project === undefined ? {} : { project: test.project }),
    };
    try {
      const reply = await client.request({ method: 'POST', path: '/v1/query', token, body });
      const { columns, rows, page, decisions } = await jsonOf<Page>(reply);
      return {
        kind: 'answer',
        columns,
        rows,
        hasMore: page.has_more,
        filtered: decisions.filter(({ filtered }) => filtered).map(({ dataset }) => dataset),
        // Told to stewards alone.
        maskKinds: null,
      };
    } catch (thrown) {
      if (!(thrown instanceof RefusedByGate)) throw thrown;
      const { status, problem, message } = thrown;
      return { kind: 'refused', status, code: problem.code ?? '', message };
    }
  };
}
