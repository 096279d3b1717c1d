/** `audit:` of sluice.yml: what the record of who read what survives, how long it is kept, and who vouches for it. */
import { z } from 'zod';
import { sinksSchema } from './sinks-schema.ts';
import { duration } from './units.ts';

const signing = z
  .strictObject({
    key: z
      .string()
      .min(1)
      .optional()
      .describe('An Ed25519 private key as PEM (PKCS#8). Take it from the environment.'),
    key_file: z.string().min(1).optional().describe('The file that holds it instead.'),
  })
  .refine(({ key, key_file }) => (key === undefined) !== (key_file === undefined), {
    error: 'needs exactly one of key and key_file',
  });

export const auditSchema = z.strictObject({
  survives: z
    .enum(['power_loss', 'process_death'])
    .prefault('power_loss')
    .describe('What a written audit event survives; rows are released only after it is written.'),
  retention: z
    .strictObject({
      keep: duration({ least: '1h', most: '36500d' })
        .optional()
        .describe(
          'How long events are kept, as in `400d`. Older ones are removed once a day, behind a checkpoint that the chain goes on from. Default: for ever.',
        ),
    })
    .prefault({})
    .describe('When events may go.'),
  sinks: sinksSchema,
  dataset: z
    .boolean()
    .prefault(true)
    .describe(
      'Whether auditors (identity.permissions.auditor) can query the audit as the datasets `sluice.audit`, `sluice.audit_datasets` and `sluice.audit_columns`. Nothing may be published under `sluice` then.',
    ),
  signing: signing
    .optional()
    .describe(
      'Signs checkpoints, so that whoever owns the file cannot make one up. `openssl genpkey -algorithm ed25519` makes a key.',
    ),
});
