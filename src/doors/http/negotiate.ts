/** Which of the representations the caller accepts. */
import type { IncomingMessage } from 'node:http';
import accepts from 'accepts';
import { SluiceError } from '../../errors.ts';

export const JSON_TYPE = 'application/json';
export const NDJSON_TYPE = 'application/x-ndjson';
export const CSV_TYPE = 'text/csv';

/** Query answers, best first for a caller who takes anything. */
const ANSWERS = [JSON_TYPE, NDJSON_TYPE, CSV_TYPE] as const;
export type AnswerType = (typeof ANSWERS)[number];

/** @throws SluiceError not_acceptable */
export function answerType(request: IncomingMessage): AnswerType {
  const chosen = accepts(request).type([...ANSWERS]);
  const found = ANSWERS.find((type) => type === (Array.isArray(chosen) ? chosen[0] : chosen));
  if (found === undefined)
    throw new SluiceError('not_acceptable', undefined, { hint: `Accept one of ${ANSWERS.join(', ')}.` });
  return found;
}
