/** The shapes of who is refused. */
import { z } from 'zod';

const sub = z.string().min(1).max(255);
const issuer = z.string().min(1).max(500);

export const denialBody = z.strictObject({
  subject: z
    .strictObject({ sub, issuer: issuer.optional().describe('The only one that is configured, by default.') })
    .optional()
    .describe('Whoever it is, with whatever token, also where it acts for others.'),
  token_id: z.string().min(1).max(500).optional().describe('One token, by its `jti`.'),
  reason: z.string().min(1).max(500).describe('For stewards and the audit.'),
  until: z.iso.datetime({ offset: true }).optional().describe('By default for good.'),
});

export const denialParams = z.strictObject({ id: z.string().min(1).max(100) });

export const denialAnswer = z.object({
  id: z.string(),
  subject: z.object({ sub: z.string(), issuer: z.string() }).nullable(),
  token_id: z.string().nullable(),
  reason: z.string(),
  until: z.string().nullable(),
  created_at: z.string(),
  created_by: z.string(),
});

export const denialsAnswer = z.object({ denials: z.array(denialAnswer) });
