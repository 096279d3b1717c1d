/** An audit log, a state and a shipper in a folder of the test's own, with receivers that are real servers. */
import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { StoredAuditEvent } from '../../src/audit/event.ts';
import { type DurableAuditLog, openAuditLog } from '../../src/audit/log.ts';
import { type ShipperReport, startShipper } from '../../src/audit/sinks/shipper.ts';
import type { SinkSettings } from '../../src/audit/sinks/sink.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { SinkCursor } from '../../src/store/sinks.ts';
import { sampleEvent } from '../audit/sample.ts';

export const INSTANCE = '0b9f0c52-7c1e-4a55-9a1d-1f0b7c1d2e3f';

export async function openWorld() {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-sinks-'));
  const audit: DurableAuditLog = await openAuditLog({
    path: join(folder, 'audit.db'),
    survives: 'process_death',
  });
  const store = await openStore(`sqlite:${join(folder, 'state.db')}`);
  const reports: ShipperReport[] = [];
  const closing: (() => Promise<void>)[] = [];
  return {
    folder,
    audit,
    store,
    reports,
    path: (name: string) => join(folder, name),
    async ship(sinks: readonly SinkSettings[], leaseMs = 1_000) {
      const shipper = await startShipper({
        sinks,
        state: `sqlite:${join(folder, 'state.db')}`,
        audit: join(folder, 'audit.db'),
        instance: INSTANCE,
        leaseMs,
        cursors: store.sinks,
        report: (report) => void reports.push(report),
      });
      closing.push(() => shipper.close());
      return shipper;
    },
    async append(count: number, prefix = 'e') {
      const all = Array.from({ length: count }, (_, i) => audit.append(sampleEvent(`${prefix}${i + 1}`)));
      await Promise.all(all);
    },
    async cursor(name: string): Promise<SinkCursor | undefined> {
      return (await store.sinks.list()).find((one) => one.name === name);
    },
    async shipped(name: string, seq: number): Promise<void> {
      for (let tries = 0; tries < 600; tries++) {
        if (((await this.cursor(name))?.seq ?? 0) >= seq) return;
        await delay(25);
      }
      throw new Error(`${name} came to ${(await this.cursor(name))?.seq}: ${JSON.stringify(reports.at(-1))}`);
    },
    async close() {
      for (const end of closing.splice(0)) await end();
      await audit.close();
      await store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export type World = Awaited<ReturnType<typeof openWorld>>;

export const common = { from: 'beginning', batch: 50 } as const;

export interface Received {
  readonly headers: IncomingMessage['headers'];
  readonly url: string;
  readonly body: string;
}

/** @param answer what the n-th request gets, counted from 0 */
export async function receiver(
  answer: (n: number, received: Received) => { status: number; body?: string; afterMs?: number },
) {
  const requests: Received[] = [];
  const server = createServer(async (request: IncomingMessage, response: ServerResponse) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const received = {
      headers: request.headers,
      url: request.url ?? '',
      body: Buffer.concat(parts).toString(),
    };
    const { status, body = '', afterMs = 0 } = answer(requests.push(received) - 1, received);
    if (afterMs > 0) await delay(afterMs);
    response.writeHead(status, status >= 300 && status < 400 ? { location: '/elsewhere' } : {}).end(body);
  });
  await new Promise<void>((listening) => {
    server.listen(0, '127.0.0.1', listening);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    close: () =>
      new Promise<void>((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}

export function signatureOf({ headers, body }: Received, secret: string): string {
  const text = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
  return `v1,${createHmac('sha256', secret).update(text).digest('base64')}`;
}

export const eventsOf = ({ body }: Received): readonly StoredAuditEvent[] =>
  (JSON.parse(body) as { events: StoredAuditEvent[] }).events;

/** Every seq at least once, and the first time that each comes, in order. */
export function inOrder(seqs: readonly number[]): boolean {
  const distinct = [...new Set(seqs)];
  return distinct.every((seq, i) => seq === i + 1);
}

export const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i + 1);
