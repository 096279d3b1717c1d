/** How a command joins the command line: it declares itself on the program and hands over what it does. */
import { isIP } from 'node:net';
import { type Command, InvalidArgumentError } from 'commander';
import type { Config } from '../../config.ts';
import { SluiceError } from '../../errors.ts';
import type { ExitCode } from './exit-code.ts';
import type { Wiring } from './wiring.ts';

export interface Cli {
  readonly program: Command;
  readonly wiring: Wiring;
  /** The configuration that the options name. @throws SluiceError config_invalid */
  config(): Config;
  /**
   * Runs a command, whose result is the exit code of the program.
   *
   * @param as how a failure is shown: as one JSON object, and beside which text its position counts.
   */
  run(
    work: () => ExitCode | Promise<ExitCode>,
    as?: { readonly json?: boolean; readonly sql?: string },
  ): Promise<void>;
}

export type Register = (cli: Cli) => void;

export const withGate = (command: Command): Command =>
  command.option('--server <url>', 'a running gate (default: the configured one, else this process)', url);

export const withCaller = (command: Command): Command =>
  withGate(
    command
      .option('--as <persona>', 'a persona of the development issuer')
      .option('--token <jwt>', 'a bearer token'),
  );

/** What the caller acts in, and what for. */
export const withProject = (command: Command): Command =>
  command
    .option('--project <name>', 'the project to act in: nothing but its datasets exists then', headerText)
    .option('--purpose <name>', 'one of its purposes, acknowledged before', headerText);

function headerText(text: string): string {
  if (!/^[\x21-\x7e]+$/.test(text)) throw new InvalidArgumentError('It must be a plain name.');
  return text;
}

export const withJson = (command: Command): Command =>
  command.option('--json', 'for programs; a failure is one JSON object on standard error');

export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

export function wholeNumber(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value))
    throw new InvalidArgumentError('It must be a whole number.');
  return value;
}

export function seconds(text: string): number {
  const value = wholeNumber(text);
  if (value === 0) throw new InvalidArgumentError('It must be at least 1.');
  return value;
}

export function port(text: string): number {
  const value = wholeNumber(text);
  if (value > 65_535) throw new InvalidArgumentError('A port is at most 65535.');
  return value;
}

export function moment(text: string): string {
  if (!/^\d{4}-\d{2}-\d{2}(T|$)/.test(text) || Number.isNaN(Date.parse(text)))
    throw new InvalidArgumentError('It must be a moment in ISO 8601, as in 2026-04-01T22:00:00Z.');
  return text;
}

export function address(text: string): string {
  if (isIP(text) === 0) throw new InvalidArgumentError('It must be an IPv4 or IPv6 address.');
  return text;
}

/** What describes one thing twice is a mistake, and never silently one of both. */
export function excludeEachOther(option: string, others: Readonly<Record<string, unknown>>): void {
  const [other] = Object.entries(others).find(([, value]) => value !== undefined) ?? [];
  if (other !== undefined) throw new SluiceError('usage', `${option} and ${other} exclude each other.`);
}

export function url(text: string): string {
  if (!/^https?:$/.test(URL.parse(text)?.protocol ?? ''))
    throw new InvalidArgumentError('It must be the http(s) address of a gate.');
  return text;
}
