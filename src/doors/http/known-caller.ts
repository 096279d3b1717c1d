/** In front of large bodies: whoever has no valid token is told so before a byte of theirs is read. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { whoAmI } from '../../discover.ts';
import { SluiceError } from '../../errors.ts';
import type { Gate } from '../../gate.ts';
import { callerOf } from './caller.ts';

/** @throws SluiceError token_missing, 2xxx */
export function knownCaller(gate: Gate) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const { kind } = await whoAmI(callerOf(request, reply), gate);
    if (kind === 'anonymous') throw new SluiceError('token_missing');
  };
}
