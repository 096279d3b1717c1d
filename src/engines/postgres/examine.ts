/**
 * Whether the gate's role can do nothing but read what is published: everything that a query of the gate could reach
 * beyond that would be a second way in, were anything before it to fail.
 */
import type { Relation } from '../../catalogue/dataset.ts';
import { SluiceError } from '../../errors.ts';
import { type Finding, fine, listed, problem, warning } from '../finding.ts';
import { type ConnectionOptions, clientConfig } from './connection.ts';
import { Server } from './server.ts';

const OLDEST = 13;
const NEWEST = 18;

interface About {
  readonly version: number;
  readonly role: string;
  readonly database: string;
  readonly encoding: string;
  readonly tls: boolean;
  readonly temp_file_limit: string;
}

/** Superuser, …: of the role itself or of one that it may become. */
interface Power {
  readonly role: string;
  readonly superuser: boolean;
  readonly createrole: boolean;
  readonly createdb: boolean;
  readonly replication: boolean;
  readonly bypassrls: boolean;
}

interface Named {
  readonly name: string;
}

interface Readable {
  readonly schema: string;
  readonly name: string;
  readonly readable: boolean;
  /** Only some of its columns. */
  readonly partly: boolean;
}

const ABOUT = `
SELECT current_setting('server_version_num')::int / 10000 AS version, current_user::text AS role,
       current_database()::text AS database, current_setting('server_encoding') AS encoding,
       coalesce((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), false) AS tls,
       current_setting('temp_file_limit') AS temp_file_limit`;

const MEMBER = `pg_has_role(session_user, r.oid, 'MEMBER')`;

const POWERS = `
SELECT rolname::text AS role, rolsuper AS superuser, rolcreaterole AS createrole, rolcreatedb AS createdb,
       rolreplication AS replication, rolbypassrls AS bypassrls
FROM pg_roles r WHERE ${MEMBER} AND (rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls)
  AND (r.rolname = session_user OR NOT (SELECT rolsuper FROM pg_roles WHERE rolname = session_user))
ORDER BY rolname`;

/** A superuser is a member of everything, which says nothing new. */
const PREDEFINED = `
SELECT rolname::text AS name FROM pg_roles r
WHERE r.rolname ~ '^pg_' AND ${MEMBER} AND NOT (SELECT rolsuper FROM pg_roles WHERE rolname = session_user)
ORDER BY rolname`;

const OWNED = `
SELECT count(*)::int AS count FROM pg_shdepend d JOIN pg_roles r ON r.oid = d.refobjid
WHERE d.refclassid = 'pg_authid'::regclass AND d.deptype = 'o'
  AND (r.rolname = session_user OR (${MEMBER} AND NOT (SELECT rolsuper FROM pg_roles WHERE rolname = session_user)))`;

const USER_SCHEMA = `n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'`;

const WRITABLE = `
SELECT format('%I.%I', n.nspname, c.relname) AS name
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE ${USER_SCHEMA} AND CASE
  WHEN c.relkind IN ('r', 'p', 'v', 'm', 'f') THEN
    has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')
    OR has_any_column_privilege(c.oid, 'INSERT, UPDATE, REFERENCES')
  WHEN c.relkind = 'S' THEN has_sequence_privilege(c.oid, 'USAGE, UPDATE')
  ELSE false END
ORDER BY 1`;

const CREATABLE = `
SELECT format('schema %I', n.nspname) AS name FROM pg_namespace n
WHERE ${USER_SCHEMA} AND has_schema_privilege(n.oid, 'CREATE')
UNION ALL
SELECT format('database %I', current_database()) WHERE has_database_privilege(current_database(), 'CREATE')
UNION ALL
SELECT format('foreign server %I', s.srvname) FROM pg_foreign_server s WHERE has_server_privilege(s.oid, 'USAGE')
ORDER BY 1`;

const TEMPORARY = `SELECT has_database_privilege(current_database(), 'TEMPORARY') AS allowed`;

const READABLE = `
SELECT n.nspname::text AS schema, c.relname::text AS name,
       has_schema_privilege(n.oid, 'USAGE') AND (has_table_privilege(c.oid, 'SELECT')
         OR has_any_column_privilege(c.oid, 'SELECT')) AS readable,
       NOT has_table_privilege(c.oid, 'SELECT') AS partly
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND ${USER_SCHEMA}
ORDER BY 1, 2`;

/** What the predefined roles give beyond reading tables. */
const DANGEROUS: ReadonlySet<string> = new Set([
  'pg_read_server_files',
  'pg_write_server_files',
  'pg_execute_server_program',
  'pg_write_all_data',
  'pg_maintain',
  'pg_signal_backend',
  'pg_signal_autovacuum_worker',
  'pg_create_subscription',
  'pg_checkpoint',
  'pg_database_owner',
]);

/** @param published relations of the engine's datasets, null where no metadata was pushed yet */
export async function examinePostgres(
  options: ConnectionOptions,
  published: readonly Relation[] | null,
): Promise<readonly Finding[]> {
  let server: Server;
  try {
    server = new Server({ config: clientConfig(options), concurrency: 1, onLost: () => {} });
  } catch (error) {
    return [problem('connection', error instanceof Error ? error.message : String(error))];
  }
  try {
    const about = (await server.ask<About>(ABOUT))[0]!;
    return [
      ...aboutServer(about),
      ...(await powersOf(server, about.role)),
      ...(await writesOf(server, about.role)),
      ...(await readsOf(server, about, published)),
    ];
  } catch (error) {
    const cause = error instanceof SluiceError ? error.cause : error;
    const why = cause instanceof Error ? cause.message : String(cause);
    return [problem('connection', `the server cannot be asked: ${why}`)];
  } finally {
    await server.close();
  }
}

function aboutServer({ version, role, database, encoding, tls, temp_file_limit }: About): Finding[] {
  const where = `PostgreSQL ${version}, database ${database}, role ${role}${tls ? ', over TLS' : ''}`;
  return [
    version < OLDEST
      ? problem('version', `${where}: versions before ${OLDEST} are not supported`)
      : version > NEWEST
        ? warning('version', `${where}: newer than ${NEWEST}, the last version that was tested`)
        : fine('version', where),
    encoding === 'UTF8'
      ? fine('encoding', 'texts are UTF-8')
      : warning('encoding', `the database's encoding is ${encoding}; answers are UTF-8`),
    temp_file_limit === '-1'
      ? warning(
          'temp_file_limit',
          'queries may fill the disk with temporary files',
          `ALTER ROLE "${role}" SET temp_file_limit = '4GB'; (as a superuser)`,
        )
      : fine('temp_file_limit', `temporary files are bounded to ${temp_file_limit}`),
  ];
}

async function powersOf(server: Server, role: string): Promise<Finding[]> {
  const powers = await server.ask<Power>(POWERS);
  const words = ['superuser', 'createrole', 'createdb', 'replication', 'bypassrls'] as const;
  const found = words.flatMap((word) => {
    const through = powers.filter((power) => power[word]).map((power) => power.role);
    if (through.length === 0) return [];
    const via = through.includes(role) ? '' : `, as a member of ${listed(through)}`;
    return [
      problem(
        `role_${word}`,
        `${role} has ${word.toUpperCase()}${via}`,
        through.includes(role)
          ? `ALTER ROLE "${role}" NO${word.toUpperCase()};`
          : `REVOKE the membership from "${role}".`,
      ),
    ];
  });
  const predefined = (await server.ask<Named>(PREDEFINED)).map(({ name }) => name);
  const dangerous = predefined.filter((name) => DANGEROUS.has(name));
  const harmless = predefined.filter((name) => !DANGEROUS.has(name));
  if (dangerous.length > 0)
    found.push(
      problem('role_membership', `${role} is a member of ${listed(dangerous)}`, 'REVOKE the memberships.'),
    );
  if (harmless.length > 0)
    found.push(warning('role_membership', `${role} is a member of ${listed(harmless)}`));
  const owned = (await server.ask<{ count: number }>(OWNED))[0]?.count ?? 0;
  if (owned > 0)
    found.push(
      problem(
        'role_owns',
        `${role} owns ${owned} object${owned === 1 ? '' : 's'}: it may change them and grant rights to them`,
        'Let the role that dbt builds with own them.',
      ),
    );
  return found.length > 0 ? found : [fine('role', `${role} has no power, membership or object of its own`)];
}

async function writesOf(server: Server, role: string): Promise<Finding[]> {
  const writable = (await server.ask<Named>(WRITABLE)).map(({ name }) => name);
  const creatable = (await server.ask<Named>(CREATABLE)).map(({ name }) => name);
  const [temporary] = await server.ask<{ allowed: boolean }>(TEMPORARY);
  const found: Finding[] = [];
  if (writable.length > 0)
    found.push(
      problem(
        'role_writes',
        `${role} may write ${listed(writable)}`,
        'REVOKE all but SELECT, from PUBLIC as well.',
      ),
    );
  if (creatable.length > 0)
    found.push(
      problem(
        'role_creates',
        `${role} may create in or use ${listed(creatable)}`,
        'REVOKE it, from PUBLIC as well.',
      ),
    );
  if (temporary?.allowed === true)
    found.push(
      warning(
        'role_temporary',
        `${role} may create temporary tables`,
        'REVOKE TEMPORARY ON DATABASE … FROM PUBLIC;',
      ),
    );
  return found.some(({ level }) => level === 'problem')
    ? found
    : [...found, fine('role_writes', `${role} may write nothing`)];
}

async function readsOf(
  server: Server,
  { role, database }: About,
  published: readonly Relation[] | null,
): Promise<Finding[]> {
  const relations = await server.ask<Readable>(READABLE);
  if (published === null)
    return [warning('published', 'no metadata was pushed yet, so rights to read are not compared with it')];
  const keyOf = (schema: string, name: string): string => JSON.stringify([schema, name]);
  const shown = ({ schema, identifier }: Relation): string => `${schema}.${identifier}`;
  const byKey = new Map(relations.map((relation) => [keyOf(relation.schema, relation.name), relation]));
  const wanted = new Set(published.map(({ schema, identifier }) => keyOf(schema, identifier)));

  const elsewhere = published.filter(
    (relation) => relation.database !== null && relation.database !== database,
  );
  const here = published.filter((relation) => !elsewhere.includes(relation));
  const found = (relation: Relation) => byKey.get(keyOf(relation.schema, relation.identifier));
  const missing = here.filter((relation) => found(relation) === undefined).map(shown);
  const unreadable = here.filter((relation) => found(relation)?.readable === false).map(shown);
  const partly = here.filter((relation) => found(relation)?.readable && found(relation)?.partly).map(shown);
  const extra = relations
    .filter(({ schema, name, readable }) => readable && !wanted.has(keyOf(schema, name)))
    .map(({ schema, name }) => `${schema}.${name}`);

  const findings: Finding[] = [];
  if (elsewhere.length > 0)
    findings.push(
      problem('published', `published, but in another database: ${listed(elsewhere.map(shown))}`),
    );
  if (missing.length > 0)
    findings.push(
      problem('published', `published, but not there: ${listed(missing)}`, 'Run dbt, then push.'),
    );
  if (unreadable.length > 0)
    findings.push(
      problem(
        'published',
        `published, but ${role} may not read: ${listed(unreadable)}`,
        `GRANT SELECT ON … TO "${role}"; and GRANT USAGE ON SCHEMA …`,
      ),
    );
  if (partly.length > 0)
    findings.push(
      warning('published', `readable in part: ${listed(partly)}; other columns do not exist here`),
    );
  if (extra.length > 0)
    findings.push(
      warning(
        'readable',
        `${role} may read ${extra.length} relation${extra.length === 1 ? '' : 's'} that ${extra.length === 1 ? 'is' : 'are'} not published: ${listed(extra)}`,
        'REVOKE SELECT, so that the server keeps them as well.',
      ),
    );
  const readable = here.length - missing.length - unreadable.length;
  return [
    ...findings,
    ...(readable === published.length
      ? [fine('published', `${role} reads what is published: ${readable} relations`)]
      : []),
  ];
}
