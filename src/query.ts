/** The path of a query: door -> identity -> plan (parse … verify) -> engine -> results -> door, with audit told at the decision and at the end. */
import type { RowChunk, RunningQuery, RunOptions } from './engines/engine.ts';
import { SluiceError } from './errors.ts';
import type { Gate } from './gate.ts';
import type { Identity } from './identity/identity.ts';
import { actingIn } from './request/acting.ts';
import type { Ask, Caller, Delivery } from './request/ask.ts';
import { checkFormat, rowsLeft } from './request/bounds.ts';
import { watchLetIn } from './request/let-in.ts';
import { bytesOf, cursorFor, type Page, type PageAsked, type PageFrom, pageOf } from './request/page.ts';
import { type AnswerColumn, type DecisionSummary, type Plan, planQuery, tell } from './request/plan.ts';
import { enterRooms } from './request/rooms.ts';
import { openTrail } from './request/trail.ts';
import type { Snapshot } from './snapshot.ts';

export type { RowChunk } from './engines/engine.ts';
export type { Ask, Caller } from './request/ask.ts';
export type { AnswerColumn, DecisionSummary } from './request/plan.ts';

export interface AnswerEnd {
  readonly rows: number;
  /** Null for a page that ends where it was asked to end. */
  readonly truncated: 'rows' | 'bytes' | null;
  readonly page: Page;
}

export interface Answer {
  readonly requestId: string;
  readonly columns: readonly AnswerColumn[];
  readonly chunks: AsyncIterable<RowChunk>;
  /** Once the chunks are drained. */
  readonly end: () => AnswerEnd;
  readonly decisions: readonly DecisionSummary[];
}

/** One governed query. Resolves when the audit holds the decision and the engine has taken it on; no row is released before. */
export async function query(caller: Caller, ask: Ask, delivery: Delivery, gate: Gate): Promise<Answer> {
  const identity = await gate.authenticate(caller.token, caller);
  for (;;) {
    const { snapshot } = await gate.metadata.current();
    const answer = await queryAt(snapshot, identity, caller, ask, delivery, gate);
    if (answer !== OVERTAKEN) return answer;
  }
}

/** A push changed data and metadata while the query was planned, or what it was allowed by is over. */
const OVERTAKEN = null;

async function queryAt(
  snapshot: Snapshot,
  identity: Identity,
  caller: Caller,
  ask: Ask,
  delivery: Delivery,
  gate: Gate,
): Promise<Answer | typeof OVERTAKEN> {
  const trail = openTrail(caller, identity, snapshot, 'query', gate);
  const letIn = watchLetIn(identity, caller.signal, gate);
  return trail.refusing(() => letIn.during(run));

  async function run(): Promise<Answer | typeof OVERTAKEN> {
    const acting = await actingIn(caller, identity, snapshot, gate, { told: trail.known.acted });
    const from = { identity, snapshot, acting };
    const page = pageOf(ask, delivery, from, gate);
    const clientIp = caller.client.ip;
    const plan = await planQuery(
      { ask, acting, snapshot, page, clientIp, action: 'query', known: trail.known },
      gate,
    );
    checkFormat(delivery.encoding, plan.bounds);
    const maxRows = rowsLeft(page, plan.bounds);
    const rooms = await enterRooms(plan.rooms, identity, gate.engine(plan.verified.engine), bounds(), gate);
    // Nothing may wait between this and the engine's taking it on: new data is never read under the rules of before.
    if (gate.metadata.loaded() !== snapshot || !rooms.holds()) return OVERTAKEN;
    const running = await both(
      gate.engine(plan.verified.engine).run(plan.verified, bounds()),
      trail.allowed(plan),
    );
    // While it waited for its turn, a grant may have ended: what has not begun by then does not.
    if (isOver(plan, gate)) {
      await running.cancel();
      return OVERTAKEN;
    }
    return answerOf(await rooms.settle(running), plan, page, from);

    function bounds(): RunOptions {
      return {
        requestId: caller.requestId,
        principal: `${identity.issuer ?? ''} ${identity.sub}`,
        encoding: delivery.encoding,
        maxRows,
        maxBytes: bytesOf(delivery, gate),
        timeoutMs: Math.min(gate.limits.timeoutMs, plan.bounds.timeoutMs ?? gate.limits.timeoutMs),
        signal: letIn.signal,
      };
    }
  }

  function answerOf(running: RunningQuery, plan: Plan, page: PageAsked, from: PageFrom): Answer {
    const counted = { rows: 0, bytes: 0 };
    return {
      requestId: caller.requestId,
      columns: plan.verified.columns.map((column, index) => ({
        ...column,
        type: running.columns[index]?.type ?? 'unknown',
      })),
      chunks: count(letIn.through(running.chunks), counted, (fault) =>
        trail.finished(plan, { ...counted, fault }),
      ),
      end() {
        const cut = running.truncated();
        const more = cut !== null;
        // Rows that a policy cuts off are on no further page.
        const last = plan.bounds.maxRows !== null && page.offset + counted.rows >= plan.bounds.maxRows;
        const next_cursor = more && !last ? cursorFor(page, counted.rows, ask, from, gate) : null;
        return {
          rows: counted.rows,
          truncated: delivery.mode === 'page' && cut === 'rows' && !last ? null : cut,
          page: { ...page, returned: counted.rows, has_more: more, next_cursor },
        };
      },
      decisions: tell(plan.decisions.values()),
    };
  }
}

function isOver({ decisions }: Plan, gate: Gate): boolean {
  const now = gate.now().getTime() / 1000;
  return [...decisions.values()].some(({ expires_at }) => expires_at !== null && expires_at <= now);
}

/** A query whose decision could not be put on record is stopped before it is read. */
async function both(starting: Promise<RunningQuery>, recorded: Promise<void>): Promise<RunningQuery> {
  const [started, record] = await Promise.allSettled([starting, recorded]);
  if (started.status === 'rejected') throw started.reason;
  if (record.status === 'fulfilled') return started.value;
  await started.value.cancel();
  throw record.reason;
}

/** Counts what is released, and tells the end of it once, however it ends: a reader who stops early has gone away. */
async function* count(
  chunks: AsyncIterable<RowChunk>,
  counted: { rows: number; bytes: number },
  ended: (fault: unknown) => void,
): AsyncGenerator<RowChunk> {
  let fault: unknown;
  try {
    for await (const chunk of chunks) {
      counted.rows += chunk.rows;
      counted.bytes += chunk.bytes.byteLength;
      yield chunk;
    }
    fault = null;
  } catch (thrown) {
    fault = thrown;
    throw thrown;
  } finally {
    ended(fault === undefined ? new SluiceError('cancelled') : fault);
  }
}
