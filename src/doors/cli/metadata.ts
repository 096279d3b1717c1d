/** Tags, history and rollback: the same for the state beside sluice.yml, as its owner, and for a gate elsewhere, as a caller with a token. */
import type { Config } from '../../config.ts';
import { SluiceError } from '../../errors.ts';
import type { HistoryEntry } from '../../history.ts';
import { type CallerOptions, tokenFor } from './caller.ts';
import { type Call, httpClient, jsonOf } from './client.ts';
import type { MetadataChanges, Wiring } from './wiring.ts';

/** @throws SluiceError usage where a caller is named and no gate */
export async function withMetadata<T>(
  config: Config,
  options: CallerOptions,
  wiring: Wiring,
  run: (metadata: MetadataChanges) => Promise<T>,
): Promise<T> {
  if (options.server !== undefined)
    return run(elsewhere(options.server, await tokenFor(options, config, wiring)));
  refuseCaller(options);
  return wiring.withMetadata(config, run);
}

/** The state beside sluice.yml belongs to whoever can write it: no token makes anyone else of them. */
export function refuseCaller({ as, token }: CallerOptions): void {
  if (as !== undefined || token !== undefined)
    throw new SluiceError('usage', '--as and --token are for a running gate.', {
      hint: 'Name it with --server. Without, the state beside sluice.yml is meant, as its owner.',
    });
}

function elsewhere(server: string, token: string | null): MetadataChanges {
  const client = httpClient(server);
  const ask = async <T>(call: Pick<Call, 'method' | 'path' | 'body'>): Promise<T> =>
    jsonOf<T>(await client.request({ ...call, token }));
  const dry = (path: string, dryRun: boolean): string => (dryRun ? `${path}?dry_run=true` : path);
  return {
    changeTags: (body, { dryRun }) => ask({ method: 'PATCH', path: dry('/v1/metadata/tags', dryRun), body }),
    content: (etag) =>
      ask({
        method: 'GET',
        path: `/v1/metadata/content${etag === undefined ? '' : `?etag=${encodeURIComponent(etag)}`}`,
      }),
    history: async (limit) => {
      const path = `/v1/metadata/history?limit=${limit}`;
      return (await ask<{ readonly states: readonly HistoryEntry[] }>({ method: 'GET', path })).states;
    },
    rollBack: (etag, { dryRun }) =>
      ask({ method: 'POST', path: dry('/v1/metadata/rollback', dryRun), body: { etag } }),
  };
}
