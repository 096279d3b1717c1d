/** The audit beside sluice.yml for whoever owns its file: read, checked and kept without opening a gate. What it tells of everyone is on record first. */
import { randomBytes } from 'node:crypto';
import { constants, createWriteStream, existsSync, readFileSync, rmSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { readRow } from './audit/chain.ts';
import { type Checkpoint, checkpointSchema } from './audit/checkpoint.ts';
import type { StoredAuditEvent } from './audit/event.ts';
import { followLog } from './audit/follow.ts';
import type { Keeper } from './audit/keeping-event.ts';
import { type AuditOptions, openAuditLog } from './audit/log.ts';
import { makeCheckpoint } from './audit/make-checkpoint.ts';
import { readTail } from './audit/read.ts';
import { type Retained, retainAudit } from './audit/retain.ts';
import { openAuditReader } from './audit/search/reader.ts';
import { readPublicKey, readSigner } from './audit/signing.ts';
import { type AuditVerification, verifyAudit } from './audit/verify.ts';
import { verifyExport } from './audit/verify-file.ts';
import {
  type AuditAsk,
  type AuditGate,
  type AuditPage,
  type ExportAsk,
  exportAudit,
  searchAudit,
} from './audit-search.ts';
import { SluiceError } from './errors.ts';
import type { Author } from './request/on-record.ts';

export interface VerifyOrder {
  readonly expectHead?: string | undefined;
  /** Paths of files. */
  readonly checkpoint?: string | undefined;
  readonly publicKeys?: readonly string[] | undefined;
  /** An export instead of the log. */
  readonly file?: string | undefined;
  readonly onProgress?: (events: number) => void;
}

export interface AuditDesk {
  /** Newest last. */
  tail(count: number): readonly StoredAuditEvent[];
  /** From behind that seq on, as they come; ends with the signal. */
  follow(after: number, signal: AbortSignal): AsyncGenerator<StoredAuditEvent>;
  /** @throws SluiceError usage, config_invalid, audit_unavailable */
  verify(order: VerifyOrder): Promise<AuditVerification>;
  search(ask: AuditAsk): Promise<AuditPage>;
  /** Into the file, whole or not at all. */
  export(ask: ExportAsk, out: string, signal: AbortSignal): Promise<void>;
  /** Null where the log is empty. */
  checkpoint(): Checkpoint | null;
  retain(options: { readonly dryRun: boolean }): Promise<Retained>;
}

export interface DeskSettings {
  readonly path: string;
  readonly survives: AuditOptions['survives'];
  readonly signing: Parameters<typeof readSigner>[0];
  /** Milliseconds that an event is kept. @throws SluiceError config_invalid where nobody said */
  readonly keepMs: () => number;
  /** Seq of the first event that retention may not touch. */
  readonly firstNeeded: () => Promise<number | null>;
}

/** @param author of what is told and done, as the audit names it */
export function openAuditDesk(
  { path, survives, signing, keepMs, firstNeeded }: DeskSettings,
  author: Extract<Author, { kind: 'operator' }>,
): AuditDesk {
  const { client, requestId } = author.caller;
  const keeper: Keeper = { subject: { sub: author.name, kind: 'user', issuer: null }, client, requestId };

  async function reading<T>(work: (gate: AuditGate) => Promise<T>): Promise<T> {
    demandLog(path);
    const audit = await openAuditLog({ path, survives });
    const auditReader = openAuditReader({ path, patienceMs: A_DAY_MS });
    const nobody = () => {
      throw new SluiceError('internal', 'Who owns the file needs no token.');
    };
    try {
      return await work({
        audit,
        auditReader,
        now: () => new Date(),
        // Cursors live as long as this process.
        keys: { cursor: randomBytes(32) },
        authenticate: nobody,
        refusalOf: nobody,
        permits: nobody,
      });
    } finally {
      await auditReader.close();
      await audit.close();
    }
  }

  return {
    tail: (count) => readTail(path, count),
    follow: (after, signal) => follow(path, after, signal),
    async verify({ expectHead, checkpoint, publicKeys = [], file, onProgress }) {
      const shared = {
        ...(expectHead === undefined ? {} : { expectHead }),
        ...(onProgress === undefined ? {} : { onProgress }),
      };
      if (file !== undefined) return verifyExport(file, shared);
      const given = publicKeys.map(readPublicKey);
      // The gate's own key counts where no other is named.
      const own = given.length > 0 ? null : readSigner(signing);
      return verifyAudit(path, {
        ...shared,
        publicKeys: own === null ? given : [own.publicKey],
        ...(checkpoint === undefined ? {} : { checkpoint: readCheckpoint(checkpoint) }),
      });
    },
    search: (ask) => reading((gate) => searchAudit(author, ask, gate)),
    export: (ask, out, signal) =>
      reading(async (gate) => {
        if (existsSync(out))
          throw new SluiceError('usage', `${out} is there already.`, { hint: 'Name another file.' });
        const exported = await exportAudit(author, ask, signal, gate);
        try {
          if (exported.format === 'parquet') await copyFile(exported.path, out, constants.COPYFILE_EXCL);
          else
            await pipeline(exported.lines, createWriteStream(out, { flags: 'wx', mode: 0o600 }), { signal });
        } catch (thrown) {
          // Somebody else's, who was faster.
          if ((thrown as NodeJS.ErrnoException).code !== 'EEXIST') rmSync(out, { force: true });
          throw thrown;
        } finally {
          if (exported.format === 'parquet') exported.discard();
        }
      }),
    checkpoint() {
      demandLog(path);
      return makeCheckpoint(path, { keeper, signer: readSigner(signing), now: new Date() });
    },
    async retain({ dryRun }) {
      demandLog(path);
      return retainAudit(path, {
        keeper,
        signer: readSigner(signing),
        now: new Date(),
        keepMs: keepMs(),
        firstNeeded: await firstNeeded(),
        dryRun,
      });
    },
  };
}

/** Whoever sits at the desk waits for an index to be made, however long the log is. */
const A_DAY_MS = 86_400_000;

const LOOK_MS = 300;
const PART = 500;

async function* follow(path: string, after: number, signal: AbortSignal): AsyncGenerator<StoredAuditEvent> {
  const log = followLog(path);
  try {
    for (let last = after; !signal.aborted; ) {
      const rows = log.after(last, PART);
      for (const row of rows) yield readRow(row);
      last = rows.at(-1)?.seq ?? last;
      if (rows.length < PART) await pause(LOOK_MS, undefined, { signal }).catch(() => {});
    }
  } finally {
    log.close();
  }
}

/** A command that only reads must not make an empty log where somebody mistook the folder. */
function demandLog(path: string): void {
  if (existsSync(path)) return;
  throw new SluiceError('audit_unavailable', `There is no audit log at ${path}`, {
    hint: 'Check the path; a gate makes the file when it starts.',
  });
}

function readCheckpoint(path: string): Checkpoint {
  if (!existsSync(path)) throw new SluiceError('usage', `There is no file ${path}`);
  try {
    return checkpointSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (cause) {
    throw new SluiceError('usage', `${path} holds no checkpoint.`, {
      hint: '`sluice audit checkpoint > FILE` writes one.',
      cause,
    });
  }
}
