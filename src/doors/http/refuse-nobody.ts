/** In front of large bodies: whoever has no valid token is refused before a byte of theirs is read. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { whoAmI } from '../../discover.ts';
import { SluiceError } from '../../errors.ts';
import type { Gate } from '../../gate.ts';
import type { Caller } from '../../query.ts';
import { callerOf } from './caller.ts';

/**
 * @param refuse the call itself, with nothing for a body: it refuses the anonymous caller, and puts that on record.
 * @throws SluiceError token_missing, 2xxx
 */
export function refuseNobody(gate: Gate, refuse: (caller: Caller) => Promise<unknown>) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const caller = callerOf(request, reply);
    const { kind } = await whoAmI(caller, gate);
    if (kind !== 'anonymous') return;
    await refuse(caller);
    throw new SluiceError('token_missing');
  };
}
