/** Mail through the operator's server. Only the receiver, the subject and a plain text are ours to fill, and no line of a header comes from outside. */
import { createHash } from 'node:crypto';
import { createTransport } from 'nodemailer';
import type { NotifyConfig } from '../config/requests-schema.ts';
import { DeliveryFailed } from './delivery.ts';
import type { Message } from './letters.ts';

export interface Mailer {
  /** @throws DeliveryFailed */
  send(to: string, message: Message): Promise<void>;
  /** Whether the server takes the gate in, without a mail. @throws DeliveryFailed */
  verify(): Promise<void>;
  close(): void;
}

export type Smtp = NonNullable<NotifyConfig['smtp']>;

export function createMailer({ url, from, starttls }: Smtp, timeoutMs: number): Mailer {
  const { protocol, hostname, port, username, password } = new URL(url);
  const secure = protocol === 'smtps:';
  const transport = createTransport({
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: port === '' ? (secure ? 465 : 587) : Number(port),
    secure,
    requireTLS: !secure && starttls === 'require',
    ignoreTLS: !secure && starttls === 'never',
    ...(username === ''
      ? {}
      : { auth: { user: decodeURIComponent(username), pass: decodeURIComponent(password) } }),
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    async send(to, message) {
      const { subject, text } = wordsOf(message);
      await transport
        .sendMail({
          // As objects: an address is never parsed out of a text.
          from: { name: 'Sluice', address: from },
          to: { name: '', address: to },
          subject,
          text,
          messageId: messageIdOf(message, to, from),
          // Nobody's absence is answered to a program (RFC 3834).
          headers: { 'Auto-Submitted': 'auto-generated' },
        })
        .catch(failed);
    },
    async verify() {
      await transport.verify().catch(failed);
    },
    close: () => transport.close(),
  };
}

/** The same however often it is sent, and another for each receiver: mail servers take one of a kind. */
function messageIdOf({ id }: Message, to: string, from: string): string {
  const receiver = createHash('sha256').update(to).digest('hex').slice(0, 16);
  return `<${id}.${receiver}@${from.slice(from.lastIndexOf('@') + 1)}>`;
}

function failed(thrown: unknown): never {
  throw new DeliveryFailed(problemOf(thrown), { cause: thrown });
}

/** A server's words may hold anything; its code does not. */
function problemOf(thrown: unknown): string {
  const { code, originalCode, responseCode } = thrown as {
    readonly code?: unknown;
    readonly originalCode?: unknown;
    readonly responseCode?: unknown;
  };
  // The system's own word, such as that of a certificate, before the one that stands for all of them.
  const parts = [originalCode ?? code, responseCode].filter(
    (part) => typeof part === 'string' || typeof part === 'number',
  );
  return `SMTP ${parts.join(' ')}`.trim();
}

const WHAT: Readonly<Record<string, string>> = {
  asked: 'An access request waits for you',
  approved: 'Your access request was approved',
  denied: 'Your access request was denied',
  withdrawn: 'An access request was withdrawn',
  revoked: 'Your grant was revoked',
  expiring: 'Your grant is about to end',
  expired: 'Your grant has ended',
};

export function wordsOf({ type, request, grant, link }: Message): {
  readonly subject: string;
  readonly text: string;
} {
  const what = WHAT[type.slice('access_request.'.length)] ?? 'An access request';
  const { id, kind, dataset, columns, project, purpose, asker } = request;
  const lines = [
    `${what}.`,
    '',
    `Request: ${id} (${kind})`,
    ...(dataset === null ? [] : [`Dataset: ${dataset}`]),
    ...(columns.length === 0 ? [] : [`Columns: ${columns.join(', ')}`]),
    ...(project === null ? [] : [`Project: ${project}`]),
    ...(purpose === null ? [] : [`Purpose: ${purpose}`]),
    `For: ${asker.sub}`,
    ...(grant === null ? [] : [`Until: ${grant.until}`]),
    '',
    ...(link === null ? [] : [link]),
    `sluice requests show ${id}`,
  ];
  return {
    subject: oneLine(`${what}: ${dataset ?? project ?? id}`).slice(0, 200),
    text: lines.map(oneLine).join('\n'),
  };
}

/** Names come from dbt and from tokens: none of them begins a line or a header. */
const oneLine = (text: string): string => text.replace(/[\p{C}\u2028\u2029]+/gu, ' ');
