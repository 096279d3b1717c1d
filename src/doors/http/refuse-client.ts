/** What is no HTTP, or too slow or too large to become a request: told on the bare socket, in the one shape that every fault has. */
import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { type Code, SluiceError } from '../../errors.ts';
import type { Gate } from '../../gate.ts';
import { problemOf } from './problem.ts';

function codeOf(fault: NodeJS.ErrnoException): Code {
  if (fault.code === 'HPE_HEADER_OVERFLOW') return 'headers_too_large';
  if (fault.code === 'ERR_HTTP_REQUEST_TIMEOUT') return 'request_timeout';
  return 'bad_request';
}

/** No request came of it: there is no caller, and nothing that was decided. */
export function refuseClient(fault: NodeJS.ErrnoException, socket: Socket, gate: Gate): void {
  if (fault.code === 'ECONNRESET' || socket.destroyed) return;
  const error = new SluiceError(codeOf(fault), undefined, { cause: fault });
  const requestId = randomUUID();
  gate.observe({ kind: 'request_failed', requestId, code: error.code, error });
  const body = JSON.stringify(problemOf(error, requestId));
  const head = [
    `HTTP/1.1 ${error.status} ${STATUS_CODES[error.status]}`,
    `x-request-id: ${requestId}`,
    'content-type: application/problem+json',
    `content-length: ${Buffer.byteLength(body)}`,
    'cache-control: no-store',
    'x-content-type-options: nosniff',
    'connection: close',
  ];
  if (socket.writable) socket.write(`${head.join('\r\n')}\r\n\r\n${body}`);
  socket.destroy(fault);
}
