/** The sinks of the audit as the configuration names them, and the thread that ships to them: in the gate that serves, never in a command. */
import type { AuditLog } from '../audit/event.ts';
import { followLog } from '../audit/follow.ts';
import { type Shipper, startShipper } from '../audit/sinks/shipper.ts';
import type { SinkSettings } from '../audit/sinks/sink.ts';
import { type SinkState, sinkStates } from '../audit/sinks/states.ts';
import type { Config } from '../config.ts';
import type { Observe } from '../observe.ts';
import type { Store } from '../store/store.ts';

/** With the names that their places are kept under. */
export function sinkSettings({ audit }: Pick<Config, 'audit'>): readonly SinkSettings[] {
  return audit.sinks.map((sink) => ({ ...sink, name: sink.name ?? sink.kind }));
}

export interface SinkParts {
  readonly audit: string;
  readonly instance: string;
  readonly store: Store;
  readonly observe: Observe;
}

/** Null where none is configured. @throws SluiceError state_unavailable, audit_unavailable */
export async function openSinks(config: Config, parts: SinkParts): Promise<Shipper | null> {
  const sinks = sinkSettings(config);
  if (sinks.length === 0) return null;
  const { audit, instance, store, observe } = parts;
  return startShipper({ sinks, state: config.state, audit, instance, cursors: store.sinks, report: observe });
}

/** The same log, which tells the shipper of what is new once it is durable. */
export function withNews<Log extends AuditLog>(log: Log, shipper: Shipper | null): AuditLog {
  if (shipper === null) return log;
  return {
    async append(event) {
      await log.append(event);
      shipper.news();
    },
    note: (event) => log.note(event),
    tail: (count) => log.tail(count),
    close: () => log.close(),
  };
}

/** How far each has come. @throws SluiceError state_unavailable */
export async function readSinkStates(
  config: Config,
  audit: string,
  store: Pick<Store, 'sinks'>,
): Promise<readonly SinkState[]> {
  const log = followLog(audit);
  try {
    return await sinkStates(sinkSettings(config), store.sinks, log, Date.now);
  } finally {
    log.close();
  }
}
