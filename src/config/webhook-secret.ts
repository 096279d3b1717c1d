/** The secret that signs posts to a receiver: as it is written, or as Standard Webhooks hands them around, in base64 behind `whsec_`. */
import { z } from 'zod';

const LEAST = 16;

export const webhookSecret = z
  .string()
  .min(LEAST, { error: `must be at least ${LEAST} characters; take it from the environment` })
  // What is no base64 would be read as far as it is: a key of a few bytes, or of none, that anybody can sign with.
  .refine((secret) => !secret.startsWith('whsec_') || isKey(secret.slice('whsec_'.length)), {
    error: `must be base64 of at least ${LEAST} bytes behind whsec_`,
  });

function isKey(text: string): boolean {
  return /^[A-Za-z0-9+/]+={0,2}$/.test(text) && Buffer.from(text, 'base64').length >= LEAST;
}
