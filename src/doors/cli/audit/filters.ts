/** The filters of a search of the audit, as options of a command. */
import { type Command, InvalidArgumentError } from 'commander';
import type { AuditFilter } from '../../../audit-search.ts';
import { excludeEachOther, moment } from '../registration.ts';

export interface PeriodOptions {
  readonly from?: string;
  readonly to?: string;
  readonly since?: number;
}

export const withPeriod = (command: Command): Command =>
  command
    .option('--from <moment>', 'at this moment or later (ISO 8601)', moment)
    .option('--to <moment>', 'before this moment', moment)
    .option('--since <time>', 'as long ago or less, as in 2h or 7d', ago);

const UNITS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

function ago(text: string): number {
  const [, count = '', unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  if (count === '') throw new InvalidArgumentError('It must be a time such as 90s, 30m, 2h or 7d.');
  return Number(count) * UNITS[unit as keyof typeof UNITS];
}

/** @throws SluiceError usage */
export function periodOf({ from, to, since }: PeriodOptions): Pick<AuditFilter, 'from' | 'to'> {
  if (since !== undefined) excludeEachOther('--since', { '--from': from });
  const begin = since === undefined ? from : new Date(Date.now() - since).toISOString();
  return {
    ...(begin === undefined ? {} : { from: new Date(begin).toISOString() }),
    ...(to === undefined ? {} : { to: new Date(to).toISOString() }),
  };
}

export interface FilterOptions extends PeriodOptions {
  readonly subject?: string;
  readonly issuer?: string;
  readonly dataset?: string;
  readonly decision?: string;
  readonly policy?: string;
  readonly project?: string;
  readonly purpose?: string;
  readonly event?: string;
  readonly action?: string;
  readonly error?: string;
  readonly request?: string;
  readonly fingerprint?: string;
}

export const withFilters = (command: Command): Command =>
  withPeriod(command)
    .option('--subject <sub>', 'who did it, or on whose behalf')
    .option('--issuer <url>', 'the issuer of that subject')
    .option('--dataset <id>', 'a dataset')
    .option('--decision <decision>', 'allow or deny', decision)
    .option('--policy <id>', 'a policy; for auditors')
    .option('--project <name>', 'a project')
    .option('--purpose <name>', 'a purpose')
    .option('--event <kind>', 'query, decision, push, grant, request, login or admin')
    .option('--action <name>', 'what was done, as in explain')
    .option('--error <code>', 'the error that was told')
    .option('--request <id>', 'a request')
    .option('--fingerprint <hash>', 'a query without its literals');

function decision(text: string): string {
  if (text !== 'allow' && text !== 'deny') throw new InvalidArgumentError('It must be allow or deny.');
  return text;
}

/** @throws SluiceError usage */
export function filterOf(options: FilterOptions): AuditFilter {
  const { error, request, from: _, to: __, since: ___, ...rest } = options;
  const fields = [
    'subject',
    'issuer',
    'dataset',
    'decision',
    'policy',
    'project',
    'purpose',
    'event',
    'action',
    'fingerprint',
  ] as const;
  return {
    ...periodOf(options),
    ...Object.fromEntries(
      fields.flatMap((field) => (rest[field] === undefined ? [] : [[field, rest[field]]])),
    ),
    ...(error === undefined ? {} : { error_code: error }),
    ...(request === undefined ? {} : { request_id: request }),
  };
}
