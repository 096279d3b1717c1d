/** `sluice audit verify`, `checkpoint`, `retain` and `export`: the log as something to be proved, kept and handed on. */
import type { Config } from '../../../config.ts';
import { SluiceError } from '../../../errors.ts';
import type { ExitCode } from '../exit-code.ts';
import { withoutControls } from '../table.ts';
import { progress } from '../terminal.ts';
import type { Wiring } from '../wiring.ts';
import { type PeriodOptions, periodOf } from './filters.ts';

/** Events between two words on a terminal. */
const PART = 100_000;

export interface VerifyOptions {
  readonly expectHead?: string;
  readonly checkpoint?: string;
  readonly publicKey?: readonly string[];
  readonly file?: string;
  readonly json?: boolean;
}

export async function auditVerify(options: VerifyOptions, config: Config, wiring: Wiring): Promise<ExitCode> {
  const { expectHead, checkpoint, publicKey, file, json } = options;
  if (file !== undefined && (checkpoint !== undefined || publicKey !== undefined))
    throw new SluiceError('usage', 'An export has no checkpoints to compare with.', {
      hint: 'Give --expect-head, or check the log.',
    });
  const { terminal } = wiring;
  const shown = progress(terminal);
  const onProgress = (events: number): void => {
    if (events > 0 && events % PART === 0) shown.step(`${events} events`);
  };
  const desk = await wiring.auditDesk(config);
  const order = { expectHead, checkpoint, publicKeys: publicKey, file, onProgress };
  const verdict = await desk.verify(order).finally(shown.clear);
  const { ok, events, from, head, checkpoints, proved, unproved, problem } = verdict;
  if (json) {
    const told = { ok, events, from, head: head.hash, seq: head.seq, checkpoints, proved, unproved };
    terminal.out(`${JSON.stringify({ ...told, ...(problem ? { problem: problem.message } : {}) })}\n`);
    return ok ? 0 : 2;
  }
  if (ok) terminal.out(`✓ the chain holds: ${events} events, head ${head.hash}\n  ${proved}\n`);
  // What a broken file says of itself may say anything to a screen.
  else
    terminal.out(`✗ the chain breaks after ${events} events: ${withoutControls(problem?.message ?? '')}\n`);
  for (const one of unproved) terminal.out(`  not proved: ${one}\n`);
  return ok ? 0 : 2;
}

export async function auditCheckpoint(config: Config, { terminal, auditDesk }: Wiring): Promise<ExitCode> {
  const checkpoint = (await auditDesk(config)).checkpoint();
  if (checkpoint === null) {
    terminal.err('there are no events yet\n');
    return 1;
  }
  terminal.out(`${JSON.stringify(checkpoint, null, 2)}\n`);
  terminal.err(
    `✓ checkpoint ${checkpoint.number}, up to event ${checkpoint.seq}${checkpoint.signature === null ? '; not signed: see audit.signing' : ''}; keep it elsewhere, and compare: sluice audit verify --checkpoint FILE\n`,
  );
  return 0;
}

export async function auditRetain(
  { dryRun = false, json }: { readonly dryRun?: boolean; readonly json?: boolean },
  config: Config,
  { terminal, auditDesk }: Wiring,
): Promise<ExitCode> {
  const retained = await (await auditDesk(config)).retain({ dryRun });
  if (json) {
    terminal.out(`${JSON.stringify(retained)}\n`);
    return 0;
  }
  const { removed, from, to, checkpoint, heldBack } = retained;
  if (removed === 0) terminal.out('nothing is old enough to go\n');
  else if (dryRun) terminal.out(`${removed} events would go: ${from} to ${to}\n`);
  else terminal.out(`✓ ${removed} events went: ${from} to ${to}, behind checkpoint ${checkpoint?.number}\n`);
  if (heldBack) terminal.err('older events stay until every sink has had them: see `sluice audit sinks`\n');
  return 0;
}

export interface ExportOptions extends PeriodOptions {
  readonly format: 'ndjson' | 'parquet';
  readonly out: string;
}

export async function auditExport(options: ExportOptions, config: Config, wiring: Wiring): Promise<ExitCode> {
  const { format, out } = options;
  const desk = await wiring.auditDesk(config);
  await desk.export({ ...periodOf(options), format }, out, wiring.interrupted());
  wiring.terminal.err(`✓ ${out}\n`);
  return 0;
}
