/** Puts a gate together from its configuration, and takes it apart again. The only place that knows every room. */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createDecider } from './access/decide.ts';
import { loadServedBundle } from './access/opa/served-bundle.ts';
import { openAuditLog } from './audit/log.ts';
import { openAuditReader } from './audit/search/reader.ts';
import { BUILT_IN_ENGINE } from './catalogue/built-in.ts';
import { readTokenKeys } from './config/token-keys.ts';
import type { Config } from './config.ts';
import { SluiceError } from './errors.ts';
import type { Gate } from './gate.ts';
import { createDevelopmentIssuer, type DevelopmentIssuer } from './identity/development/issuer.ts';
import { findPersona, identityOf, type Personas, parsePersonas } from './identity/development/personas.ts';
import { developmentIssuerUrl } from './identity/development/start.ts';
import type { Identity } from './identity/identity.ts';
import { identityFromSeen, rememberSeen } from './identity/seen.ts';
import type { Observe } from './observe.ts';
import { openAuditDataset } from './open/audit-dataset.ts';
import { keepAudit } from './open/audit-keeping.ts';
import { openEngines } from './open/engines.ts';
import { openIdentity } from './open/identity.ts';
import { openPdp } from './open/pdp.ts';
import { openRequests } from './open/requests.ts';
import { openRooms } from './open/rooms.ts';
import { openSinks, readSinkStates, withNews } from './open/sinks.ts';
import { emptyCaches } from './request/plan-caches.ts';
import { loadParser } from './sql/parse.ts';
import { columnType } from './sql/resolve/types.ts';
import { maskFits } from './sql/rewrite/masks/fits.ts';
import { createMetadata } from './state/metadata.ts';
import { openPublishedFolder } from './state/published-folder.ts';
import { openStore } from './store/open-store.ts';
import type { Store } from './store/store.ts';

export interface OpenGate {
  readonly gate: Gate;
  /** The same for every process on this state, and no other. */
  readonly instance: string;
  /** With the next request. @throws SluiceError policy_invalid, and all stays as it was */
  reloadIdentity(config: Config): Promise<void>;
  /** Names of parts that are not ready. */
  ready(): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** `sqlite:/path/.sluice/state.db` → `/path/.sluice` */
export function stateFolder(config: Config): string {
  return dirname(config.state.replace(/^sqlite:/, ''));
}

export function auditPath(config: Config): string {
  return join(stateFolder(config), 'audit.db');
}

/** Null where the configuration names no development issuer. @throws SluiceError development_only, config_invalid */
export function personasOf(config: Config): Personas | null {
  const path = config.identity.development?.personas;
  return path === undefined ? null : parsePersonas(readFileSync(path, 'utf8'), path);
}

/** What the personas' tokens would give, for who needs no token. */
export function personaIdentities(config: Config): {
  /** @throws SluiceError usage */
  readonly persona: (name: string) => Identity;
  /** As the development issuer calls itself; null where there is none. */
  readonly issuer: string | null;
} {
  const { development } = config.identity;
  const personas = personasOf(config);
  if (development === undefined || personas === null) {
    const persona = (name: string): never => {
      throw new SluiceError('usage', `There is no persona "${name}": this configuration names none.`, {
        hint: 'Write the identity out: { groups: […], attributes: { … } }.',
      });
    };
    return { persona, issuer: null };
  }
  const issuer = developmentIssuerUrl(development.port);
  return { persona: (name) => identityOf(findPersona(personas, name), issuer), issuer };
}

/** The development issuer without its port: mints tokens, and lets a gate in this process know the keys. */
export async function developmentIssuer(config: Config, port?: number): Promise<DevelopmentIssuer | null> {
  const { development } = config.identity;
  const personas = personasOf(config);
  if (development === undefined || personas === null) return null;
  return createDevelopmentIssuer(developmentIssuerUrl(port ?? development.port), {
    environment: config.environment,
    personas,
    audience: development.audience,
    folder: stateFolder(config),
    lifetimeMs: development.token_lifetime,
  });
}

const INSTANCE = 'instance';

async function instanceIn(store: Store): Promise<string> {
  const known = await store.get(INSTANCE);
  if (known !== null) return JSON.parse(known) as string;
  const instance = randomUUID();
  await store.set(INSTANCE, JSON.stringify(instance));
  return instance;
}

/** Which gate this configuration's state belongs to, without opening one. */
export async function instanceOf(config: Config): Promise<string> {
  const store = await openStore(config.state);
  try {
    return await instanceIn(store);
  } finally {
    await store.close();
  }
}

export interface OpenOptions {
  /** The running development issuer, where its port was chosen by the system. */
  readonly issuer?: DevelopmentIssuer;
  readonly observe: Observe;
  /** Told apart in the folder of published copies: a second process must not clean up after the first. */
  readonly role: 'serve' | 'cli';
}

export async function openGate(config: Config, options: OpenOptions): Promise<OpenGate> {
  await loadParser();
  const closing: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (const one of closing.splice(0).reverse())
      await one().catch((error: unknown) => options.observe({ kind: 'close_failed', error }));
  };
  try {
    const { states, bytes } = config.history;
    const store = await openStore(config.state, { keep: states, keepBytes: bytes });
    closing.push(() => store.close());
    const audit = await openAuditLog({ path: auditPath(config), survives: config.audit.survives });
    closing.push(() => audit.close());
    const auditReader = openAuditReader({ path: auditPath(config) });
    closing.push(() => auditReader.close());
    const instance = await instanceIn(store);
    const sinks = { audit: auditPath(config), instance, store, observe: options.observe };
    const shipper = options.role === 'serve' ? await openSinks(config, sinks) : null;
    closing.push(async () => shipper?.close());
    if (options.role === 'serve') closing.push(keepAudit(config, { ...sinks, reader: auditReader }));
    const published = openPublishedFolder(stateFolder(config), options.role);
    closing.push(async () => published.close());
    const engines = await openEngines(config, published.path, options.observe);
    closing.push(async () => Promise.all([...engines.values()].map((engine) => engine.close())));
    const development = options.issuer ?? (await developmentIssuer(config));
    const seen = rememberSeen({
      save: (rows, keep) => store.saveSeen(rows, keep),
      keepDays: Math.ceil(config.identity.seen.keep / 86_400_000),
      now: () => new Date(),
      failed: (error) => options.observe({ kind: 'seen_failed', error }),
    });
    closing.push(() => seen.close());
    const { denials } = store;
    const { reload, ...identity } = openIdentity(config, { development, denials, audit, seen });
    const now = () => new Date();
    const asking = openRequests(config, { ...options, store, audit, now });
    closing.push(() => asking.close());
    const auditDataset = openAuditDataset(config, {
      audit: auditPath(config),
      folder: stateFolder(config),
      publishDir: published.path,
      observe: options.observe,
    });
    closing.push(() => auditDataset.engine.close());
    const { builtIn } = auditDataset;
    const metadata = createMetadata({ store, engines, observe: options.observe, builtIn });
    const bundle = loadServedBundle();
    const pdp = await openPdp(config, bundle.revision, options.observe);
    closing.push(() => pdp.close());
    const personas = [...(development === null ? [] : (personasOf(config) ?? []))].map(
      ([name, persona]) => [name, identityOf(persona, development?.url ?? '')] as const,
    );
    const { limits } = config;
    const maskKey = await store.key('mask_hash');
    const gate: Gate = {
      environment: config.environment,
      limits: {
        pageRows: limits.page_rows,
        maxPageRows: limits.max_page_rows,
        maxStreamRows: limits.max_stream_rows,
        maxScanRows: limits.max_scan_rows,
        maxBytes: limits.max_bytes,
        timeoutMs: limits.timeout,
        sqlBytes: limits.sql_bytes,
      },
      defaults: {
        engines: [...engines.keys()],
        publish: config.publish,
        searchPath: config.search_path,
        prefix: config.metadata.prefix,
        tagRules: config.tags,
      },
      keys: {
        mask: maskKey,
        tokens: readTokenKeys(config, await store.key('tokenise')),
        cursor: await store.key('cursor'),
      },
      audit: withNews(audit, shipper),
      auditReader,
      pdp,
      ownRego: config.pdp.kind !== 'embedded' || config.pdp.bundle !== undefined,
      bundle,
      decider: createDecider({ pdp, fits: (mask, column) => maskFits(mask, columnType(column)) }),
      metadata,
      caches: emptyCaches(),
      ...identity,
      denials,
      personas: new Map(personas),
      acknowledgements: store.acknowledgements,
      rooms: openRooms(store, maskKey),
      async seenSince(day) {
        return (await store.listSeen(day)).flatMap((row) => identityFromSeen(row) ?? []);
      },
      grants: asking.grants,
      requests: asking.requests,
      engine(name) {
        const engine = name === BUILT_IN_ENGINE ? auditDataset.engine : engines.get(name);
        if (engine === undefined)
          throw new SluiceError(
            'engine_unavailable',
            'The dataset lies in an engine that this gate does not have.',
          );
        return engine;
      },
      usage: auditDataset.usage,
      sinks: () => readSinkStates(config, auditPath(config), store),
      observe: options.observe,
      now: () => new Date(),
    };
    return {
      gate,
      close,
      instance,
      reloadIdentity: reload,
      async ready() {
        const missing: string[] = [];
        await metadata.current().catch(() => missing.push('snapshot'));
        await audit.probe().catch(() => missing.push('audit'));
        await pdp.probe().catch(() => missing.push('pdp'));
        for (const [name, engine] of engines)
          if ((await engine.health()) !== 'ready') missing.push(`engine ${name}`);
        return missing;
      },
    };
  } catch (thrown) {
    await close();
    throw thrown;
  }
}
