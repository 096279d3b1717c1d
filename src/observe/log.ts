/** Observations as lines of JSON by pino: request ids and codes, never a token, and no value of data above debug. */
import pino, { type DestinationStream, type Logger } from 'pino';
import { CODES, SluiceError } from '../errors.ts';
import type { Observation, Observe } from '../observe.ts';

export interface LogOptions {
  /** `trace`, `debug`, `info`, `warn`, `error`, `fatal` or `silent`. */
  readonly level: string;
  /** File descriptor 1 or 2; default 1. */
  readonly fd?: 1 | 2;
  /** That descriptor where none is given, in blocks: at the latest after a tenth of a second, and when the process ends. */
  readonly destination?: DestinationStream;
}

/** JSON Web Tokens by their shape, and whatever follows the word Bearer. */
const TOKEN = /eyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)*|(?<=\bbearer\s+)[\w.~+/-]+=*/gi;

/** Throws config_invalid for a level that there is not. */
export function createLog(options: LogOptions): Observe {
  if (options.level !== 'silent' && !(options.level in pino.levels.values)) {
    throw new SluiceError('config_invalid', 'There is no such log level', {
      hint: `Use one of ${Object.keys(pino.levels.values).join(', ')}, silent.`,
    });
  }
  const settings = {
    level: options.level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    // The last place before a line leaves: catches the tokens in whatever a library put into a message.
    hooks: { streamWrite: (line: string) => line.replace(TOKEN, '[token]') },
  };
  // A write a line would cost a request more than the line itself.
  const buffered = { dest: options.fd ?? 1, sync: false, minLength: 8192, periodicFlush: 100 };
  const logger = pino(settings, options.destination ?? pino.destination(buffered));
  return (observation) => write(logger, observation);
}

function write(logger: Logger, seen: Observation): void {
  const { level, message, fields, error } = lineOf(seen);
  const event = seen.kind;
  if (error === undefined) {
    logger[level]({ event, ...fields }, message);
    return;
  }
  const told =
    error instanceof SluiceError ? { code: error.code, told: error.message, details: error.details } : {};
  const cause = error instanceof SluiceError ? error.cause : error;
  // The causes of our own faults are the operator's to see. What an engine says of a caller's query quotes the values
  // that it stumbled on: that is for whoever turns on debug to look for an error.
  if (cause === undefined || isCallersFault(error)) {
    logger[level]({ event, ...fields, ...told }, message);
    if (cause !== undefined) logger.debug({ event, ...fields, cause: describe(cause) }, `${message}: cause`);
  } else {
    logger[level]({ event, ...fields, ...told, cause: describe(cause) }, message);
  }
}

interface Line {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly error?: unknown;
}

function lineOf(seen: Observation): Line {
  switch (seen.kind) {
    case 'request_served': {
      const { requestId: request_id, door, method, route, status, durationMs } = seen;
      const fields = { request_id, door, method, route, status, duration_ms: round(durationMs) };
      return { level: status >= 500 ? 'warn' : 'info', message: 'request served', fields };
    }
    case 'request_failed':
      return {
        level: CODES[seen.code].status >= 500 ? 'error' : 'info',
        message: 'request failed',
        fields: { request_id: seen.requestId, code: seen.code },
        error: seen.error,
      };
    case 'query_decided': {
      const { requestId: request_id, decision, datasets, stages } = seen;
      return { level: 'debug', message: 'query decided', fields: { request_id, decision, datasets, stages } };
    }
    case 'query_finished': {
      const { requestId: request_id, rows, bytes, durationMs, code } = seen;
      const fields = { request_id, rows, bytes, duration_ms: round(durationMs), code };
      return {
        level: code !== null && CODES[code].status >= 500 ? 'error' : 'info',
        message: 'query finished',
        fields,
      };
    }
    case 'snapshot_applied':
      return {
        level: 'info',
        message: 'snapshot applied',
        fields: { snapshot: seen.etag, datasets: seen.datasets },
      };
    case 'snapshot_refused':
      return {
        level: 'error',
        message: 'snapshot refused',
        fields: { snapshot: seen.etag },
        error: seen.error,
      };
    case 'audit_failed':
      return {
        level: 'error',
        message: 'audit failed',
        fields: { request_id: seen.requestId },
        error: seen.error,
      };
    case 'audit_retained': {
      const { removed, heldBack: held_back } = seen;
      return {
        level: held_back ? 'warn' : 'info',
        message: 'audit retained',
        fields: { removed, held_back },
      };
    }
    case 'audit_retention_failed':
      return { level: 'error', message: 'audit retention failed', fields: {}, error: seen.error };
    case 'seen_failed':
      return { level: 'warn', message: 'who was seen could not be saved', fields: {}, error: seen.error };
    case 'notification_failed': {
      const { id, channel, attempts, dead } = seen;
      const message = dead ? 'a notification was given up' : 'a notification failed';
      // The receiver's own words stay out: an address may hold a secret.
      return { level: 'warn', message, fields: { id, channel, attempts, problem: nameOf(seen.error) } };
    }
    case 'notifications_broken':
      return { level: 'warn', message: 'notifications could not be read', fields: {}, error: seen.error };
    case 'sink_shipped': {
      const { sink, events, lagEvents: lag_events, lagSeconds: lag_seconds } = seen;
      return { level: 'debug', message: 'sink shipped', fields: { sink, events, lag_events, lag_seconds } };
    }
    case 'sink_failed': {
      const { sink, failures, text, lagEvents: lag_events, lagSeconds: lag_seconds } = seen;
      return {
        level: 'warn',
        message: 'sink failed',
        fields: { sink, failures, text, lag_events, lag_seconds },
      };
    }
    case 'shipper_lost':
      return { level: 'error', message: 'the audit is not shipped for now', fields: {}, error: seen.error };
    case 'config_reloaded': {
      const { identity, restart } = seen;
      const message = identity ? 'identity reloaded' : 'the configuration changed';
      return { level: restart.length === 0 ? 'info' : 'warn', message, fields: { identity, restart } };
    }
    case 'config_refused':
      return {
        level: 'error',
        message: 'the changed configuration is refused',
        fields: {},
        error: seen.error,
      };
    case 'close_failed':
      return { level: 'warn', message: 'close failed', fields: {}, error: seen.error };
    case 'pdp_asked': {
      const { outcome, items, durationMs } = seen;
      return {
        level: 'debug',
        message: 'pdp asked',
        fields: { outcome, items, duration_ms: round(durationMs) },
      };
    }
    case 'pdp_breaker':
      return {
        level: seen.state === 'open' ? 'error' : 'info',
        message: `pdp breaker ${seen.state}`,
        fields: { state: seen.state },
        error: seen.error,
      };
    case 'pdp_revision':
      return {
        level: 'info',
        message: 'pdp decides with another bundle',
        fields: { bundles: seen.bundles, ours: seen.ours },
      };
    case 'engine_started': {
      const { engine, pid, durationMs } = seen;
      return {
        level: 'info',
        message: 'engine started',
        fields: { engine, pid, duration_ms: round(durationMs) },
      };
    }
    case 'engine_published': {
      const { engine, durationMs } = seen;
      return {
        level: 'info',
        message: 'engine published',
        fields: { engine, duration_ms: round(durationMs) },
      };
    }
    case 'engine_lost':
      return {
        level: 'warn',
        message: 'engine lost',
        fields: { engine: seen.engine, pid: seen.pid, why: seen.why },
      };
    case 'engine_start_failed':
      return {
        level: 'error',
        message: 'engine start failed',
        fields: { engine: seen.engine, text: seen.text },
      };
    case 'engine_stale':
      return { level: 'warn', message: 'engine stale', fields: { engine: seen.engine, text: seen.text } };
    default:
      return seen satisfies never;
  }
}

function isCallersFault(error: unknown): boolean {
  return error instanceof SluiceError && error.status < 500;
}

function describe(error: unknown): Readonly<Record<string, unknown>> | string {
  if (!(error instanceof Error)) return String(error);
  const { code } = error as { code?: unknown };
  return {
    type: error.name,
    ...(typeof code === 'string' ? { code } : {}),
    message: error.message,
    stack: error.stack,
    ...(error.cause === undefined ? {} : { cause: describe(error.cause) }),
  };
}

const round = (ms: number): number => Math.round(ms * 1000) / 1000;

const nameOf = (error: unknown): string => (error instanceof Error ? error.message : 'failed');
