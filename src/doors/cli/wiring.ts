/** What the entry point hands to the CLI, so that commands reach the gate without knowing how it is put together. */

import type { AuditDesk } from '../../audit-desk.ts';
import type { SinkState } from '../../audit-sinks.ts';
import type { Config } from '../../config.ts';
import type { DenyAsk, ShownDenial } from '../../denials.ts';
import type { HistoryEntry, StateContent } from '../../history.ts';
import type { HygieneReport } from '../../hygiene/report.ts';
import type { GivenActor, GivenIdentity } from '../../identity/given.ts';
import type { PlanReport } from '../../plan/report.ts';
import type { Bench } from '../../policy-tests/bench.ts';
import type { ReplayAsk, ReplayReport } from '../../replay.ts';
import type { TagChanges } from '../../retag.ts';
import type { ResetAsk, RoomReset, RoomSpending } from '../../rooms.ts';
import type { SandboxAsk, SandboxManifest } from '../../sandbox.ts';
import type { SimulateAsk, Simulation } from '../../simulate.ts';
import type { WrittenCatalogue } from '../../state/catalogue-folder.ts';
import type { ImportOutcome } from '../../state/imported-policies.ts';
import type { Changes } from '../../state/outline.ts';
import type { UsageAsk, UsageReport } from '../../usage.ts';
import type { GateClient } from './client.ts';
import type { Terminal } from './terminal.ts';

export interface PushSummary {
  readonly etag: string;
  readonly changed: boolean;
  readonly changes: Changes;
  readonly datasets: number;
  readonly columns: number;
  readonly policies: number;
  readonly warnings: readonly string[];
}

export interface RetagSummary extends PushSummary {
  readonly added: number;
  readonly removed: number;
}

export interface MetadataChanges {
  changeTags(changes: TagChanges, options: { readonly dryRun: boolean }): Promise<RetagSummary>;
  /** @param etag undefined for the applied state */
  content(etag: string | undefined): Promise<StateContent>;
  history(limit: number): Promise<readonly HistoryEntry[]>;
  rollBack(etag: string, options: { readonly dryRun: boolean }): Promise<PushSummary>;
}

export interface Denials {
  deny(ask: DenyAsk): Promise<ShownDenial>;
  allow(id: string): Promise<ShownDenial>;
  list(): Promise<readonly ShownDenial[]>;
}

export interface RoomsDesk {
  spending(room: string): Promise<RoomSpending>;
  reset(room: string, ask: ResetAsk): Promise<RoomReset>;
}

/** What an examination of one engine found. */
export interface EngineReport {
  readonly engine: string;
  readonly kind: string;
  readonly findings: readonly {
    readonly level: 'ok' | 'warning' | 'problem';
    readonly check: string;
    readonly message: string;
    readonly hint: string | null;
  }[];
}

export interface ServeHandle {
  readonly address: string;
  /** Address of the development issuer, null where there is none. */
  readonly issuer: string | null;
  /** Resolves when it is asked to end. */
  readonly ending: Promise<void>;
  /** Resolves when it has ended in order. */
  readonly ended: Promise<void>;
}

export interface Wiring {
  readonly terminal: Terminal;
  readonly cwd: string;
  readonly version: string;
  /** @param path file or folder; default ./sluice.yml. @throws SluiceError config_invalid */
  loadConfig(path: string | undefined): Config;
  /** A running gate at the configured address where there is one, else one in this process. */
  connect(config: Config, server: string | undefined): Promise<GateClient>;
  /** Builds a snapshot from the files and applies it to the store; a running gate takes it over by itself. */
  pushLocal(config: Config, files: PushFiles, onStep: (text: string) => void): Promise<PushSummary>;
  /** Another product's policies as one file of ours; paths as the command line names them. @throws SluiceError policy_invalid, usage */
  importPolicies(
    paths: readonly string[],
    out: string,
    options: { readonly force: boolean },
  ): Promise<ImportOutcome>;
  /** @throws SluiceError usage where the folder holds something that is not ours to replace */
  exportTo(
    folder: string,
    content: StateContent['content'],
    options: { readonly force: boolean },
  ): Promise<WrittenCatalogue>;
  /** The state beside sluice.yml, as its owner; a running gate takes changes over by itself. */
  withMetadata<T>(config: Config, run: (metadata: MetadataChanges) => Promise<T>): Promise<T>;
  /** Of the state beside sluice.yml, as its owner; every gate on it knows with its next request. */
  withDenials<T>(config: Config, run: (denials: Denials) => Promise<T>): Promise<T>;
  /** Likewise. */
  withRooms<T>(config: Config, run: (rooms: RoomsDesk) => Promise<T>): Promise<T>;
  /** What a push of the files would change of the state beside sluice.yml, as its owner. */
  planLocal(
    config: Config,
    files: PushFiles,
    options: { readonly days: number },
    onStep: (text: string) => void,
  ): Promise<PlanReport>;
  /** On the state beside sluice.yml, or on what the files would make of it, as its owner. */
  simulateLocal(
    config: Config,
    ask: SimulateAsk,
    files: boolean,
    onStep: (text: string) => void,
  ): Promise<Simulation>;
  readPush(config: Config, files: PushFiles): Promise<PushBody>;
  serve(config: Config, options: { port?: number; onStep: (text: string) => void }): Promise<ServeHandle>;
  /** A development token. @throws SluiceError development_only */
  mintToken(
    config: Config,
    persona: string,
    options?: { readonly expiresInSeconds?: number; readonly actor?: string },
  ): Promise<string | null>;
  personas(config: Config): Promise<readonly string[]>;
  /** Of a persona's name, or of an identity as YAML. @throws SluiceError usage */
  givenIdentity(config: Config, text: string): Promise<GivenIdentity>;
  /** Likewise, of who acts for another. @throws SluiceError usage */
  givenActor(config: Config, text: string): Promise<GivenActor>;
  /** A gate of this process for policy tests, which can be asked with enforcement off; a served one cannot. */
  openTestBench(config: Config): Promise<Bench & { close(): Promise<void> }>;
  /** A text, as the command line names its file. @throws SluiceError usage */
  readFile(path: string): Promise<string>;
  /** Everything on standard input. */
  readInput(): Promise<string>;
  /** Asks whoever sits at the terminal; null where nobody does. */
  confirm(question: string): Promise<boolean | null>;
  /** The audit beside sluice.yml, as the owner of its file. */
  auditDesk(config: Config): Promise<AuditDesk>;
  /** On the state beside sluice.yml, as its owner. */
  withReports<T>(config: Config, run: (reports: Reports) => Promise<T>): Promise<T>;
  sinkStates(config: Config): Promise<readonly SinkState[]>;
  /** Aborts when whoever sits there asks to end; from then on that is no longer the end of the process. */
  interrupted(): AbortSignal;
  /** Of the state beside the config, by whoever may read it; interrupted, it leaves nothing behind. */
  makeSandbox(config: Config, token: string | null, ask: SandboxOrder): Promise<SandboxManifest>;
  /** What is amiss in the files or in the applied state, without opening a gate. */
  lint(config: Config, order: LintOrder, onStep: (text: string) => void): Promise<LintReport>;
  /** Every engine, without opening a gate. */
  examine(config: Config): Promise<readonly EngineReport[]>;
}

/** What can be said of the audit as a whole. */
export interface Reports {
  usage(ask: UsageAsk): Promise<UsageReport>;
  /** @param files what a push would bring, null where the state is named otherwise */
  replay(
    ask: Omit<ReplayAsk, 'metadata' | 'onStep'>,
    files: PushFiles | null,
    onStep: (text: string) => void,
  ): Promise<ReplayReport>;
}

/** Absolute paths; dbt's manifest is the configured one unless a file is named. */
export interface SandboxOrder extends Omit<SandboxAsk, 'dbtManifest'> {
  readonly dbtManifest: string | null;
  readonly project: string | null;
  readonly purpose: string | null;
}

export interface LintOrder {
  readonly files: {
    readonly [File in 'manifest' | 'catalog' | 'policies' | 'catalogue']: string | undefined;
  };
  readonly applied: boolean;
  readonly offline: boolean;
  /** Rows of each dataset. */
  readonly samples: number | null;
  /** Absolute: files are told as seen from here. */
  readonly root: string;
}

export interface LintReport extends HygieneReport {
  readonly notes: readonly string[];
}

export interface PushFiles {
  readonly manifest?: string;
  readonly catalog?: string;
  readonly policies?: string;
  /** A folder of catalogue files, instead of dbt's artifacts. */
  readonly catalogue?: string;
  readonly dryRun: boolean;
}

/** The body of PUT /v1/metadata. */
export interface PushBody {
  readonly manifest: unknown;
  readonly catalog: unknown;
  readonly policies: readonly { readonly path: string; readonly text: string }[];
  readonly yaml_files: Readonly<Record<string, string>>;
  readonly publish: readonly unknown[];
  readonly search_path: readonly string[];
  readonly prefix: string | null;
  /** `tags:` of the configuration. */
  readonly tags?: unknown;
  readonly lineage?: unknown;
}
