/** Who a command asks as, and which gate it asks. */
import type { Config } from '../../config.ts';
import { SluiceError } from '../../errors.ts';
import type { GateClient } from './client.ts';
import type { Wiring } from './wiring.ts';

export interface CallerOptions {
  readonly as?: string;
  readonly token?: string;
  readonly server?: string;
  readonly project?: string;
  readonly purpose?: string;
}

/** The token that the options ask for; null for a caller without one. @throws SluiceError usage, development_only */
export async function tokenFor(
  options: CallerOptions,
  config: Config,
  wiring: Wiring,
): Promise<string | null> {
  if (options.token !== undefined && options.as !== undefined)
    throw new SluiceError('usage', '--as and --token exclude each other.');
  if (options.token !== undefined) return options.token;
  return options.as === undefined ? null : wiring.mintToken(config, options.as);
}

export async function withClient<T>(
  config: Config,
  options: CallerOptions,
  wiring: Wiring,
  run: (client: GateClient) => Promise<T>,
): Promise<T> {
  const client = await wiring.connect(config, options.server);
  try {
    return await run(within(client, options));
  } finally {
    await client.close();
  }
}

/** Every call of the command is made in its project. */
function within(client: GateClient, { project, purpose }: CallerOptions): GateClient {
  if (project === undefined && purpose === undefined) return client;
  return { ...client, request: (call) => client.request({ ...call, project, purpose }) };
}
