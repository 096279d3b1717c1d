/** The `pdp:` part of sluice.yml: who decides. OPA in the gate's own process, or an OPA server. */
import { z } from 'zod';
import type { DeepReadonly } from './deep-readonly.ts';
import { duration } from './units.ts';

const path = z.string().min(1, { error: 'must be a path' });

const cacheable = z.boolean().prefault(false);

const embedded = z
  .strictObject({
    kind: z.literal('embedded').describe('OPA runs inside the gate, as WebAssembly.'),
    bundle: path
      .optional()
      .describe(
        'Rego of your own, compiled with `opa build --target wasm`: the `bundle.tar.gz` that it writes, or the `policy.wasm` in it. Default: the bundle that comes with the gate.',
      ),
    entrypoint: z
      .string()
      .regex(/^[A-Za-z_][A-Za-z0-9_]*(\/[A-Za-z_][A-Za-z0-9_]*)+$/, {
        error: 'must be the path of a rule, such as acme/batch',
      })
      .prefault('sluice/batch')
      .describe('The rule of that bundle that answers a batch.'),
    cacheable: cacheable.describe(
      'Whether decisions of that bundle may be kept: they ask for nothing but the identity (its display name aside), the dataset, its policies, the action, and of the context the project, purpose, environment, networks, hours and grants.',
    ),
  })
  .refine((pdp) => pdp.bundle !== undefined || pdp.entrypoint === 'sluice/batch', {
    error: 'names a rule of a bundle of your own, so it needs `bundle`',
    path: ['entrypoint'],
  });

const opa = z
  .strictObject({
    kind: z.literal('opa').describe('An OPA server decides, over HTTP.'),
    url: z
      .url({ protocol: /^https?$/, error: 'must be an http(s) URL' })
      .refine((url) => !/[?#@]/.test(url), {
        error: 'must hold neither a user, a query nor a fragment; a token has a key of its own',
      })
      .describe(
        'Where the server is: `https://opa.example.com:8181`, with a folder where a proxy wants one.',
      ),
    path: z
      .string()
      .regex(/^\/v1\/data(\/[A-Za-z0-9_-]+)+$/, {
        error: 'must be the path of a rule under /v1/data/, such as /v1/data/acme/batch',
      })
      .prefault('/v1/data/sluice/batch')
      .describe('The rule that answers a batch. The default is that of the bundle that the gate serves.'),
    timeout: duration({ least: '10ms', most: '1m' })
      .prefault('1s')
      .describe('From the call to the end of its answer, connecting included. Later answers deny.'),
    token: z
      .string()
      .regex(/^[\x21-\x7e]+$/, { error: 'must be one word of printable characters' })
      .optional()
      .describe('A bearer token that the server wants. Take it from the environment.'),
    token_file: path
      .optional()
      .describe('A file that holds the token instead, read again when it is ten seconds old.'),
    tls: z
      .strictObject({
        ca: path.optional().describe("Certificates (PEM) to trust instead of the system's."),
        cert: path.optional().describe('A certificate (PEM) that shows who the gate is.'),
        key: path.optional().describe('The key (PEM) of `cert`.'),
        server_name: z
          .string()
          .min(1)
          .optional()
          .describe(
            'The name that the certificate of the server must have, where it is not that of the URL.',
          ),
      })
      .refine((tls) => (tls.cert === undefined) === (tls.key === undefined), {
        error: 'cert and key belong together',
      })
      .prefault({})
      .describe('Of an https URL. Certificates are always verified; files are read at start.'),
    plaintext: z
      .boolean()
      .prefault(false)
      .describe(
        'Accepts an http URL that leads to another machine, where something else encrypts on the way (a service mesh). Whoever can write on that way decides.',
      ),
    connections: z
      .int()
      .min(1)
      .max(256)
      .prefault(8)
      .describe('Connections that are kept; calls beyond wait.'),
    cache: duration({ least: '0s', most: '5m' })
      .prefault('1s')
      .describe(
        'How long a decision is kept, where it may be. It ends at once when another revision decides, when the connection is lost and when a call fails. `0s` keeps none.',
      ),
    cacheable: cacheable.describe(
      'Whether decisions of Rego of your own may be kept, as of an embedded bundle. Those of the default bundle, in the revision that this gate serves, always may.',
    ),
    breaker: z
      .strictObject({
        failures: z
          .int()
          .min(1)
          .max(1_000)
          .prefault(5)
          .describe('Calls in a row that must fail before none waits any more: all are denied at once.'),
        open_for: duration({ least: '100ms', most: '5m' })
          .prefault('5s')
          .describe('For how long, before one call tries again.'),
      })
      .prefault({})
      .describe('The circuit breaker.'),
  })
  .refine((pdp) => pdp.token === undefined || pdp.token_file === undefined, {
    error: 'takes either a token or a token_file',
  });

export const pdpSchema = z.discriminatedUnion('kind', [embedded, opa]);

export type PdpConfig = DeepReadonly<z.output<typeof pdpSchema>>;
