/** The shapes of what clean rooms remember of their readers. */
import { z } from 'zod';

export const roomParams = z.strictObject({ room: z.string().min(1).max(200) });

export const spendingAnswer = z.object({
  room: z.string(),
  subjects: z.array(
    z.object({
      sub: z.string(),
      issuer: z.string().describe('Empty for whoever came without a token.'),
      queries: z.number().int(),
      epsilon: z.number(),
      until: z.string().describe('When the period ends.'),
    }),
  ),
});

export const resetBody = z.strictObject({
  subject: z
    .strictObject({
      sub: z.string().min(1).max(255),
      issuer: z.string().min(1).max(500).optional().describe('The only one that is configured, by default.'),
    })
    .optional()
    .describe('Whom to forget; everyone, by default.'),
});

export const resetAnswer = z.object({
  room: z.string(),
  subjects: z.number().int().describe('How many were forgotten.'),
});
