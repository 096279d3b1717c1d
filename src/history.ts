/** The states that were applied: who, when, what each changed; and the way back to one of them, as a state of its own. */
import { SluiceError } from './errors.ts';
import type { Gate } from './gate.ts';
import { type PushOptions, type PushReport, reportOf } from './push.ts';
import type { Caller } from './request/ask.ts';
import { type Author, onRecord } from './request/on-record.ts';
import { demandOrTell } from './request/permit.ts';
import type { PastState, PushedInput, StateNote } from './state/metadata.ts';

export interface HistoryEntry extends Partial<StateNote> {
  readonly etag: string;
  readonly created_at: string;
  readonly created_by: string;
  readonly action: string;
}

const DEFAULT_ENTRIES = 20;

/** Newest first: the first is the latest. @throws SluiceError token_missing, access_denied */
export async function listHistory(
  author: Author,
  { limit = DEFAULT_ENTRIES }: { readonly limit?: number | undefined },
  gate: Gate,
): Promise<readonly HistoryEntry[]> {
  if (author.kind === 'caller') await demandReader(author.caller, 'list_history', gate);
  return (await gate.metadata.history(limit)).map(entryOf);
}

async function demandReader(caller: Caller, action: string, gate: Gate): Promise<void> {
  const message = 'The history is shown to publishers and stewards.';
  await demandOrTell(caller, { action, permissions: ['publisher', 'steward'], message }, gate);
}

function entryOf({ etag, createdAt, createdBy, action, note }: PastState): HistoryEntry {
  return { etag, created_at: createdAt, created_by: createdBy, action, ...note };
}

export interface StateContent {
  readonly etag: string;
  readonly content: PushedInput;
}

/**
 * What was pushed, as it is stored.
 *
 * @param wanted ETag or its beginning; undefined for the applied state
 * @throws SluiceError token_missing, access_denied, snapshot_missing, state_unknown
 */
export async function readContent(
  author: Author,
  wanted: string | undefined,
  gate: Gate,
): Promise<StateContent> {
  if (author.kind === 'caller') await demandReader(author.caller, 'read_content', gate);
  const { etag, input } = await gate.metadata.content(
    wanted === undefined ? undefined : await etagOf(wanted, gate),
  );
  return { etag, content: input };
}

/** Shorter beginnings of an ETag are too easily those of another. */
const LEAST_DIGITS = 8;

/**
 * The whole state of then, tags of other tools included, against the engines and under the environment of now.
 *
 * @param wanted ETag, or its beginning
 * @throws SluiceError token_missing, access_denied, state_unknown, 9xxx; nothing changed then
 */
export async function rollBack(
  author: Author,
  wanted: string,
  options: PushOptions,
  gate: Gate,
): Promise<PushReport> {
  const refusal = 'Only publishers may roll metadata back.';
  return onRecord(author, { ...options, action: 'rollback', refusal }, gate, async (told) => {
    const etag = await etagOf(wanted, gate);
    const past = await gate.metadata.content(etag);
    const { environment, defaults } = gate;
    const input = { ...past.input, environment, engines: defaults.engines };
    return reportOf(await gate.metadata.replace(() => input, told));
  });
}

/** @throws SluiceError state_unknown */
export async function etagOf(wanted: string, gate: Gate): Promise<string> {
  const known = new Set((await gate.metadata.history(-1)).map(({ etag }) => etag));
  if (known.has(wanted)) return wanted;
  const found = wanted.length < LEAST_DIGITS ? [] : [...known].filter((etag) => etag.startsWith(wanted));
  const [one, second] = found;
  if (one !== undefined && second === undefined) return one;
  throw new SluiceError('state_unknown', second === undefined ? undefined : 'Several states begin so', {
    hint: `\`sluice history\` lists those that are kept; at least ${LEAST_DIGITS} characters are needed.`,
  });
}
