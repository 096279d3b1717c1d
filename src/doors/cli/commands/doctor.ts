/** `sluice doctor`: whether each engine is there, whether the gate can do nothing in it but read what is published, and who decides, and whether what is sent arrives. */
import type { Config } from '../../../config.ts';
import type { ExitCode } from '../exit-code.ts';
import { type Register, withJson } from '../registration.ts';
import { withoutControls } from '../table.ts';
import type { EngineReport, Wiring } from '../wiring.ts';

const SIGNS = { ok: '✓', warning: '!', problem: '✗' } as const;

export async function doctor(
  options: { readonly json?: boolean },
  config: Config,
  { terminal, examine }: Wiring,
): Promise<ExitCode> {
  const reports = await examine(config);
  const levels = reports.flatMap(({ findings }) => findings.map(({ level }) => level));
  const count = (level: 'warning' | 'problem'): number => levels.filter((one) => one === level).length;
  const [problems, warnings] = [count('problem'), count('warning')];
  if (options.json)
    terminal.out(`${JSON.stringify({ ok: problems === 0, problems, warnings, engines: reports })}\n`);
  else {
    for (const report of reports) terminal.out(shown(report));
    terminal.out(`${several(problems, 'problem')}, ${several(warnings, 'warning')}\n`);
  }
  return problems === 0 ? 0 : 2;
}

const several = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

function shown({ engine, kind, findings }: EngineReport): string {
  const lines = findings.flatMap(({ level, message, hint }) => [
    `  ${SIGNS[level]} ${withoutControls(message)}`,
    ...(hint === null ? [] : [`      ${withoutControls(hint)}`]),
  ]);
  return [`${engine} (${kind})`, ...lines, ''].join('\n');
}

export const doctorCommand: Register = ({ program, config, wiring, run }) => {
  withJson(
    program
      .command('doctor')
      .description(
        'examine the engines, the decision point, audit sinks and mail: do they answer, and can the gate only read?',
      ),
  ).action((options) => run(() => doctor(options, config(), wiring), options));
};
