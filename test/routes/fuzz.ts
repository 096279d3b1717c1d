/**
 * `node test/routes/fuzz.ts --cases N --seed S`: requests made from the OpenAPI document, sent by everyone to every
 * operation of a gate on the example. Each must be answered as the document promises, within a time, never with a 5xx.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import fc from 'fast-check';
import { request as send } from 'undici';
import { startGate, type TestGate } from '../e2e/gate.ts';
import { type Answer, faultsOf, nameOf, type OpenApi, type Operation, operationsOf } from './document.ts';
import { filling } from './prepare.ts';
import { type Known, type Request, requestsTo } from './requests.ts';

/** Far above what any of these requests needs on a busy machine. */
const LIMIT_MS = 30_000;
/** Findings of one operation, before its next are more of the same. */
const ENOUGH = 3;

export interface Finding {
  readonly operation: string;
  readonly what: string;
  /** As short as it could be made. */
  readonly request: Request;
}

export interface FuzzReport {
  readonly cases: number;
  readonly statuses: ReadonlyMap<number, number>;
  /** Operations that nobody got into. */
  readonly unreached: readonly string[];
  readonly findings: readonly Finding[];
}

export interface FuzzOptions {
  readonly cases: number;
  readonly seed: number;
  /** Of the document's operations: those whose name holds this text. */
  readonly only?: string;
}

async function tokenOf(gate: TestGate, person: string): Promise<string | null> {
  if (person.startsWith('token:')) return person.slice('token:'.length);
  return person === 'external' ? null : gate.token(person);
}

async function answerTo(gate: TestGate, asked: Request): Promise<Answer> {
  const token = await tokenOf(gate, asked.person);
  const { statusCode, headers, body } = await send(`${gate.address}${asked.path}`, {
    method: asked.method as 'GET',
    headers: { ...(token === null ? {} : { authorization: `Bearer ${token}` }), ...asked.headers },
    body: asked.body,
    signal: AbortSignal.timeout(LIMIT_MS),
  });
  const told = Object.entries(headers).map(([name, value]) => [name, String(value)] as [string, string]);
  return { status: statusCode, headers: new Headers(told), text: await body.text() };
}

/** This gate lacks nothing: no request makes its engine, its audit or its decision point unavailable. */
const broken = (status: number): string[] => (status >= 500 ? ['the gate blames itself'] : []);

/** What is wrong with the answer to a request, and the answer. */
async function tried(gate: TestGate, operation: Operation, asked: Request) {
  let answer: Answer;
  try {
    answer = await answerTo(gate, asked);
  } catch (thrown) {
    return { status: 0, faults: [`no answer: ${String(thrown)}`] };
  }
  const { status } = answer;
  if (asked.method === 'HEAD') return { status, faults: broken(status) };
  // A path that a value has made another route's, or a method that there is not: some problem, and well formed.
  const other = asked.method !== operation.method || status === 404 || status === 405;
  const faults = faultsOf(other && status >= 400 && status < 500 ? null : operation, answer);
  const strayed = other || elsewhere(operation, asked);
  const held = strayed ? faults.filter((one) => !/not documented|^\/|^the answer/.test(one)) : faults;
  return { status, faults: [...broken(status), ...held] };
}

/** Whether the path may belong to another operation: `/v1/audit/{request_id}` with `sinks` does. */
function elsewhere({ route }: Operation, { path }: Request): boolean {
  const segments = (text: string): number =>
    text
      .split('?')[0]!
      .split('/')
      .filter((part) => part !== '').length;
  return segments(route) !== segments(path) || /\/(?:sinks|export|\.|%2e|\?|$)/i.test(path.split('?')[0]!);
}

/** What a request has changed for all the others is put back. */
async function healed(gate: TestGate, { method, path }: Request, status: number): Promise<void> {
  if (status < 300 && method !== 'GET' && path.startsWith('/v1/metadata')) await gate.push();
}

/** The words of the log about a finding: a 500 says nothing by itself. */
function logged(gate: TestGate): string {
  const last = gate.observed.findLast((one) => one.kind === 'request_failed' && one.code === 'internal');
  if (last?.kind !== 'request_failed') return '';
  const cause = last.error instanceof Error ? last.error.cause : last.error;
  return cause instanceof Error ? `${cause.stack}` : String(cause);
}

const EXAMPLE = join(import.meta.dirname, '../../examples/energy-community/target/manifest.json');

/** The example's manifest with a handful of its nodes: large enough to be one. */
function smallManifest(): unknown {
  const manifest = JSON.parse(readFileSync(EXAMPLE, 'utf8')) as { nodes: Record<string, { name: string }> };
  const kept = Object.entries(manifest.nodes).filter(([, { name }]) =>
    ['communities', 'tariffs'].includes(name),
  );
  return { ...manifest, nodes: Object.fromEntries(kept), sources: {}, exposures: {}, macros: {}, docs: {} };
}

/** Ids and the like of what there is, so that requests get beyond looking for it. */
async function knownOn(gate: TestGate, { route }: Operation, manifest: unknown): Promise<Known> {
  const { fill } = filling(gate);
  const kind = /\/(access-requests|grants|denials)\/\{id\}/.exec(route)?.[1];
  const made = { 'access-requests': '{request}', grants: '{grant}', denials: '{denial}' };
  const etag = await fill('{etag}');
  return {
    manifest,
    live: {
      ...(kind === undefined ? {} : { id: [await fill(made[kind as keyof typeof made])] }),
      etag: [etag],
      against: [etag],
      version: [await fill('{version}')],
      request_id: [await fill('{officers}')],
    },
  };
}

export async function fuzzRoutes(options: FuzzOptions, gate: TestGate): Promise<FuzzReport> {
  const document = JSON.parse((await gate.call(null, 'GET', '/openapi.json')).text) as OpenApi;
  const operations = operationsOf(document).filter((one) => nameOf(one).includes(options.only ?? ''));
  const manifest = smallManifest();
  const each = Math.ceil(options.cases / operations.length);
  const statuses = new Map<number, number>();
  const findings: Finding[] = [];
  const unreached = new Set(operations.map(nameOf));
  let cases = 0;
  for (const operation of operations) {
    const requests = requestsTo(operation, await knownOn(gate, operation, manifest));
    let left = each;
    for (let round = 0; left > 0 && round < ENOUGH; round++) {
      let ran = 0;
      const result = await fc.check(
        fc.asyncProperty(requests, async (asked) => {
          const { status, faults } = await tried(gate, operation, asked);
          ran += 1;
          cases += 1;
          statuses.set(status, (statuses.get(status) ?? 0) + 1);
          if (status > 0 && status < 400 && asked.method === operation.method)
            unreached.delete(nameOf(operation));
          await healed(gate, asked, status);
          if (faults.length > 0) throw new Error(`${status}: ${faults.join('; ')}`);
        }),
        { seed: seedOf(operation, options.seed) + round, numRuns: left, markInterruptAsFailure: false },
      );
      left -= result.failed ? Math.max(result.numRuns, 1) : ran;
      if (!result.failed) break;
      const asked = result.counterexample![0];
      const what = `${String(result.errorInstance).slice(0, 1_000)}\n${logged(gate)}`.trim();
      findings.push({ operation: nameOf(operation), what, request: asked });
    }
  }
  return { cases, statuses, findings, unreached: [...unreached] };
}

/** Of its own for each operation, else all of them would be asked by the same people in the same order; repeats with `only` as well. */
const seedOf = (operation: Operation, seed: number): number =>
  createHash('sha256')
    .update(`${seed} ${nameOf(operation)}`)
    .digest()
    .readInt32LE() >> 1;

export const counted = ({ statuses }: FuzzReport): string =>
  [...statuses]
    .sort(([a], [b]) => a - b)
    .map(([status, n]) => `${status}: ${n}`)
    .join(', ');

/** For a person to read, and to send again. */
export function described({ operation, what, request }: Finding): string {
  const { person, method, path, headers, body } = request;
  const shown = body === null ? '' : `\n  ${body.slice(0, 1_500)}`;
  return `${operation}, as ${person}: ${what}\n  ${method} ${path.slice(0, 1_500)} ${JSON.stringify(headers)}${shown}`;
}

export async function main(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      cases: { type: 'string', default: '5000' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      only: { type: 'string', default: '' },
    },
  });
  console.log(`${values.cases} requests, seed ${values.seed}`);
  const gate = await startGate();
  const started = Date.now();
  const report = await fuzzRoutes(
    { cases: Number(values.cases), seed: Number(values.seed), only: values.only },
    gate,
  );
  console.log(
    `${report.cases} requests in ${Math.round((Date.now() - started) / 1000)} s: ${counted(report)}`,
  );
  if (report.unreached.length > 0) console.log(`nobody got into ${report.unreached.join(', ')}`);
  for (const finding of report.findings) console.log(`\n${described(finding)}`);
  console.log(`${report.findings.length} findings`);
  await gate.close();
  process.exitCode = report.findings.length > 0 ? 2 : 0;
}

if (import.meta.main) await main(process.argv.slice(2));
