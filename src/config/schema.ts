/** The whole of sluice.yml: the one table of keys, defaults and bounds that loading, the editor's JSON Schema and the reference page share. */
import { z } from 'zod';
import { publishRuleSchema } from '../catalogue/publish.ts';
import { tagRulesSchema } from '../tags/rules-schema.ts';
import { auditSchema } from './audit-schema.ts';
import { identitySchema } from './identity-schema.ts';
import { pdpSchema } from './pdp-schema.ts';
import { notifySchema, requestsSchema } from './requests-schema.ts';
import { duration, size } from './units.ts';

const name = z.string().regex(/^[a-z][a-z0-9_-]*$/, {
  error: 'must begin with a small letter and consist of small letters, digits, _ and -',
});

const path = z.string().min(1, { error: 'must be a path' });

const duckdb = z
  .strictObject({
    kind: z.literal('duckdb').describe('A DuckDB file or a folder of Parquet, in a process of the gate.'),
    database: path
      .optional()
      .describe(
        'A DuckDB file. It is served from a copy, so that a dbt build on the same file is never locked out.',
      ),
    parquet: path
      .optional()
      .describe(
        'A folder of Parquet files instead: `<schema>/<table>.parquet` or `<schema>/<table>/*.parquet`.',
      ),
    catalog: z
      .string()
      .min(1)
      .optional()
      .describe(
        'The catalog name that dbt knows. Default: the file name without its extension; needed for `parquet`.',
      ),
    memory_limit: size({ least: '64MB', most: '1TB' }).optional().describe('Memory that queries may use.'),
    temp_limit: size({ least: '0B', most: '10TB' }).optional().describe('Disk that queries may spill to.'),
    threads: z.int().min(1).max(1_024).optional().describe('Threads. Default: one a core.'),
  })
  .refine((engine) => (engine.database === undefined) !== (engine.parquet === undefined), {
    error: 'needs exactly one of database and parquet',
  })
  .refine((engine) => engine.parquet === undefined || engine.catalog !== undefined, {
    error: 'parquet needs a catalog name as well',
  });

const postgres = z
  .strictObject({
    kind: z.literal('postgres').describe('A PostgreSQL server, 13 or newer.'),
    url: z
      .string()
      .regex(/^postgres(ql)?:\/\//, { error: 'must begin with postgres://' })
      .optional()
      .describe(
        'Where the server is: `postgres://user:password@host:5432/database`, with `?sslmode=` where TLS is not as `ssl` has it by default. Holds a password, so take it from the environment.',
      ),
    host: z.string().min(1).optional().describe('Name, address or socket folder. Default: localhost.'),
    port: z.int().min(1).max(65_535).optional().describe('Default: 5432.'),
    database: z.string().min(1).optional().describe('The database that dbt builds into.'),
    user: z
      .string()
      .min(1)
      .optional()
      .describe('A role with nothing but SELECT on what is published; `sluice doctor` checks it.'),
    password: z.string().min(1).optional().describe('Take it from the environment.'),
    ssl: z
      .enum(['disable', 'require', 'verify'])
      .optional()
      .describe(
        '`verify` checks the certificate and its name, `require` encrypts only. Default: `verify`, and `disable` for a server on this machine.',
      ),
    ssl_ca: path.optional().describe("A file of certificates to trust instead of the system's."),
    pool: z
      .int()
      .min(1)
      .max(1_024)
      .optional()
      .describe(
        'Queries that run at once on this server; two more connections serve the gate itself. Default: `limits.concurrency`.',
      ),
    prepared_statements: z
      .boolean()
      .optional()
      .describe(
        'Whether statements stay prepared on a connection. Default: true; false behind a pooler that does not keep them.',
      ),
  })
  .refine((engine) => engine.url !== undefined || engine.database !== undefined, {
    error: 'needs a url, or a database and a user',
  })
  .refine(
    (engine) => engine.url !== undefined || engine.user !== undefined || engine.database === undefined,
    {
      error: 'needs a user as well',
    },
  )
  .refine(
    ({ url, host, port, database, user, password }) =>
      url === undefined || [host, port, database, user, password].every((part) => part === undefined),
    { error: 'takes either a url or host, port, database, user and password' },
  );

const rows = z.int().min(1).max(1_000_000_000);

const limits = z
  .strictObject({
    page_rows: rows.prefault(100).describe('Rows of a page when the caller asks for no number.'),
    max_page_rows: rows.prefault(10_000).describe('Most rows of a page.'),
    max_stream_rows: rows.prefault(1_000_000).describe('Most rows of a streamed answer.'),
    max_bytes: size({ least: '1KiB', most: '1TiB' }).prefault('1GiB').describe('Most bytes of one answer.'),
    max_scan_rows: z
      .int()
      .min(1)
      .max(1_000_000_000_000_000)
      .nullable()
      .prefault(null)
      .describe(
        'Most rows that the datasets of one query may have together, each counted wherever it stands, by the estimate of the engine and whatever the filters leave. A view has no estimate and counts nothing. Default: no bound.',
      ),
    timeout: duration({ least: '100ms', most: '1d' }).prefault('30s').describe('Longest run of one query.'),
    concurrency: z.int().min(1).max(1_024).prefault(8).describe('Queries that run at once, of all callers.'),
    per_identity: z.int().min(1).max(1_024).prefault(4).describe('Queries that run at once, of one caller.'),
    queue: z.int().min(0).max(100_000).prefault(64).describe('Queries that may wait; any further gets 429.'),
    sql_bytes: size({ least: '1KiB', most: '16MiB' }).prefault('256KiB').describe('Longest text of a query.'),
    body_bytes: size({ least: '1KiB', most: '64MiB' })
      .prefault('1MiB')
      .describe('Largest request body, pushes aside.'),
    push_bytes: size({ least: '1KiB', most: '4GiB' })
      .prefault('256MiB')
      .describe('Largest body of a metadata push.'),
  })
  .refine((given) => given.page_rows <= given.max_page_rows, {
    error: 'must not be more than max_page_rows',
    path: ['page_rows'],
  });

const keyId = z.string().regex(/^[a-z0-9]{1,16}$/, {
  error: 'must be 1 to 16 small letters and digits',
});

/** `state` is the key that the gate makes itself. */
const keys = z.strictObject({
  tokenise: z
    .strictObject({
      current: keyId.describe('The key that new tokens are made with.'),
      keys: z
        .record(
          keyId,
          z.union([
            z.string().min(32, { error: 'must be at least 32 characters; take it from the environment' }),
            z.strictObject({ file: path.describe('A file that holds at least 32 bytes, read at start.') }),
          ]),
        )
        .describe(
          'Keys by id, each a secret of at least 32 characters or `{ file: … }`. An old key stays for as long as its tokens are to be reversed.',
        ),
    })
    .refine((given) => Object.hasOwn(given.keys, given.current), {
      error: 'must be one of the keys',
      path: ['current'],
    })
    .refine((given) => !Object.hasOwn(given.keys, 'state'), {
      error: 'the id `state` is taken',
      path: ['keys'],
    })
    .optional()
    .describe('Keys of `tokenise`. Without them the gate makes one and keeps it in its state.'),
});

export const configSchema = z
  .strictObject({
    environment: name
      .prefault('production')
      .describe(
        'What policies see as `environment`. The development issuer runs where it is `development` only.',
      ),
    engines: z
      .record(name, z.discriminatedUnion('kind', [duckdb, postgres]))
      .refine((engines) => Object.keys(engines).length > 0, { error: 'needs at least one engine' })
      .describe('What executes queries, by name.'),
    metadata: z
      .strictObject({
        manifest: path.prefault('target/manifest.json').describe("dbt's manifest.json."),
        catalog: path
          .nullable()
          .prefault('target/catalog.json')
          .describe("dbt's catalog.json; null where there is none."),
        catalogue: path
          .nullable()
          .prefault(null)
          .describe(
            "A folder of catalogue files (`sluice export` writes one) instead of dbt's artifacts, for who has no dbt.",
          ),
        project: path
          .nullable()
          .prefault(null)
          .describe(
            "The dbt project's folder, whose YAML tells explicit tags from inherited ones where the artifacts do not.",
          ),
        prefix: z
          .string()
          .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, { error: 'must be a plain name' })
          .nullable()
          .prefault(null)
          .describe('First part of every dataset id: `prefix.namespace.name`.'),
      })
      .prefault({})
      .describe("Where dbt's artifacts lie."),
    publish: z
      .array(publishRuleSchema)
      .prefault([])
      .describe('Rules that publish datasets; the first that matches decides.'),
    search_path: z
      .array(z.string().min(1))
      .prefault([])
      .describe('Namespaces in which bare table names are looked up, in this order.'),
    tags: tagRulesSchema
      .prefault({})
      .describe(
        'What holds for a tag and all below it: whether it follows columns downstream, and what stops it.',
      ),
    policies: path
      .prefault('policies')
      .describe('A folder of policy files (`*.yml`, `*.yaml`), or one file.'),
    identity: identitySchema.prefault({}).describe('Who callers are.'),
    pdp: pdpSchema.prefault({ kind: 'embedded' }).describe('The policy decision point.'),
    keys: keys.prefault({}).describe('Secrets of masks.'),
    limits: limits.prefault({}).describe('Bounds on requests, queries and answers.'),
    requests: requestsSchema.prefault({}).describe('Access requests: who decides them.'),
    notify: notifySchema.prefault({}).describe('Who is told of access requests.'),
    state: z
      .string()
      .regex(/^sqlite:.+/, { error: 'must be sqlite:PATH' })
      .prefault('sqlite:.sluice/state.db')
      .describe('Durable state. Its folder also holds the audit, published copies and development keys.'),
    history: z
      .strictObject({
        states: z
          .int()
          .min(1)
          .max(10_000)
          .prefault(50)
          .describe('States kept for `sluice history` and `sluice rollback`, the applied one counted.'),
        bytes: size({ least: '1MiB', most: '1TiB' })
          .prefault('256MiB')
          .describe('Most bytes that they take together, as they are stored.'),
      })
      .prefault({})
      .describe('How far back the metadata can be rolled.'),
    audit: auditSchema.prefault({}).describe('The record of who read what.'),
    doors: z
      .strictObject({
        http: z
          .strictObject({
            host: z.string().min(1).prefault('127.0.0.1').describe('Address to listen on.'),
            port: z
              .int()
              .min(0)
              .max(65_535)
              .prefault(8080)
              .describe('Port; 0 takes any free one. The environment variable `PORT` goes before it.'),
            trusted_proxies: z
              .array(
                z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()], {
                  error: 'must be an address or a network such as 10.0.0.0/8',
                }),
              )
              .prefault([])
              .describe(
                'Proxies whose X-Forwarded-For names the client. From anyone else the header counts nothing: policies and the audit take the address of the connection.',
              ),
          })
          .prefault({})
          .describe('The HTTP door.'),
      })
      .prefault({})
      .describe('Ways in.'),
  })
  .describe('Configuration of a Sluice gate.');

/** As loaded, before paths are resolved. */
export type Loaded = z.output<typeof configSchema>;
