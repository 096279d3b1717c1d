/** The shapes of plans and simulations, as they are asked for and answered. */
import { z } from 'zod';
import { givenIdentity } from '../../identity/given.ts';
import { metadataBody } from './metadata-schemas.ts';
import { voidReason } from './request-schemas.ts';

export const planQuery = z.strictObject({
  days: z.coerce
    .number()
    .int()
    .min(0)
    .max(365)
    .optional()
    .describe('Identities seen in so many days count. Default: 30.'),
});

const count = z.object({ added: z.number().int(), removed: z.number().int(), changed: z.number().int() });
const change = z.enum(['added', 'removed', 'changed']);
const direction = z
  .enum(['gain', 'may_gain', 'loss', 'notice'])
  .describe('`may_gain`: it cannot be told that it is none.');
const difference = z.object({ field: z.string(), from: z.string().nullable(), to: z.string().nullable() });

export const planAnswer = z.object({
  format: z.literal(1),
  base: z.string().nullable().describe('ETag of the applied state; null where there is none.'),
  etag: z.string().describe('ETag that the push would give.'),
  changed: z.boolean(),
  environment: z.string(),
  verdict: z
    .enum(['gain', 'may_gain', 'no_gain'])
    .describe('Of tagged columns: someone known would gain access, someone may, or nobody does.'),
  summary: z.object({
    datasets: count,
    columns: count,
    tags: count,
    policies: count,
    identities: z.object({
      personas: z.number().int(),
      seen: z.number().int(),
      days: z.number().int(),
      classes: z.number().int().describe('Classes of identities that decide alike.'),
      gaining: z.number().int(),
      losing: z.number().int(),
    }),
    grants: z
      .object({
        active: z.number().int(),
        void: z.number().int(),
        narrowed: z.number().int(),
        restored: z.number().int(),
      })
      .describe(
        'Grants that are neither over nor revoked, and those that would hold no more, less, or again.',
      ),
    decisions: z.number().int(),
    pairs: z.number().int().describe('Pairs of identity and dataset that the decisions stand for.'),
  }),
  datasets: z.array(
    z.object({
      dataset: z.string(),
      change,
      was: z.string().nullable().describe('Its id before, where that was another.'),
      differences: z.array(difference),
      columns: z.number().int().describe('Of one that was added or removed.'),
    }),
  ),
  columns: z.array(
    z.object({ dataset: z.string(), column: z.string(), change, differences: z.array(difference) }),
  ),
  tags: z.array(
    z.object({
      dataset: z.string(),
      column: z.string().nullable().describe('Null for a tag of the dataset itself.'),
      tag: z.string(),
      change: z.enum(['added', 'removed']),
      source: z.string(),
    }),
  ),
  policies: z.array(
    z.object({
      policy: z.string(),
      change,
      effect: z.string(),
      source: z.string().describe('`policies/masks.yml:12`'),
      rewritten: z.boolean().describe('False where only what it matches changed.'),
      matches: z.object({ added: z.number().int(), removed: z.number().int() }),
      differences: z.array(difference).describe('Of `approve`.'),
    }),
  ),
  projects: z.array(
    z.object({
      project: z.string(),
      change,
      differences: z
        .array(difference)
        .describe('Of members, purposes, datasets, equalise, clean_room, owner.'),
    }),
  ),
  access: z
    .array(
      z.object({
        who: z.object({
          label: z.string().describe('`group marketing`, `everyone signed in without group officers`'),
          personas: z.array(z.string()),
          seen: z.number().int(),
          examples: z.array(z.string()).describe('Subjects of a few of them. For stewards.'),
          imagined: z.boolean().describe('Nobody known is among them, only someone whom policies name.'),
        }),
        direction,
        tagged: z.boolean().describe('Whether more of tagged columns is or may be released.'),
        changes: z.array(
          z.object({
            dataset: z.string(),
            change: z.string().describe('`column_unmasked`, `dataset_gained`, `row_filter_removed`, …'),
            direction,
            column: z.string().nullable(),
            tags: z.array(z.string()),
            from: z.string(),
            to: z.string(),
            policies: z.array(z.string()).describe('That decided it, before and after.'),
            when: z
              .string()
              .nullable()
              .describe('Only from such a network, at such an hour, or in such a project.'),
          }),
        ),
      }),
    )
    .describe('The gravest first.'),
  grants: z
    .array(
      z.object({
        grant: z.string(),
        request: z.string().describe('Id of the request that it comes from.'),
        subject: z
          .object({ sub: z.string(), issuer: z.string().nullable() })
          .nullable()
          .describe('For stewards.'),
        kind: z.enum(['access', 'lift']),
        dataset: z.string().nullable(),
        project: z.string().nullable(),
        columns: z.array(z.string()),
        tags: z.array(z.string()),
        until: z.string(),
        change: z
          .enum(['void', 'narrowed', 'restored'])
          .describe('It holds no more; some of what it lifts stands again; it, or some of it, holds again.'),
        why: voidReason.nullable(),
        policies: z.array(z.string()).describe('That are lifted no more, or again.'),
      }),
    )
    .describe('Grants that would change.'),
  cut: z
    .record(z.string(), z.number().int())
    .describe('Lists that are cut, each with how many entries it would have.'),
  warnings: z.array(z.string()),
});

export const simulateBody = z.strictObject({
  identities: z
    .array(givenIdentity.extend({ name: z.string().min(1).max(255).optional() }))
    .max(1_000)
    .optional()
    .describe('Who asks; they need not exist.'),
  personas: z
    .array(z.string())
    .max(1_000)
    .optional()
    .describe('Personas of the development issuer; all of them where nobody is named.'),
  datasets: z
    .array(z.string().min(1).max(512))
    .max(1_000)
    .optional()
    .describe('Ids, with `*` for any text; all of them where none is given.'),
  columns: z.boolean().optional().describe('Whether every column is told.'),
  context: z
    .strictObject({
      time: z.iso.datetime({ offset: true }).optional().describe('ISO 8601; by default now.'),
      client_ip: z.union([z.ipv4(), z.ipv6()]).optional().describe('By default not known.'),
      project: z
        .string()
        .min(1)
        .max(200)
        .optional()
        .describe('In which project they act, as far as they are members.'),
      purpose: z.string().min(1).max(200).optional().describe('That it was acknowledged is taken as given.'),
    })
    .optional(),
  metadata: metadataBody
    .optional()
    .describe('As for PUT /v1/metadata: on the state that this push would give.'),
});

export const simulateAnswer = z.object({
  snapshot: z.string(),
  environment: z.string(),
  time: z.string(),
  identities: z.array(
    z.object({
      name: z.string(),
      sub: z.string(),
      kind: z.enum(['user', 'service', 'anonymous']),
      groups: z.array(z.string()),
      roles: z.array(z.string()),
      scopes: z.array(z.string()),
      attributes: z.record(z.string(), z.unknown()),
      actor: z
        .object({ sub: z.string(), kind: z.enum(['user', 'service']) })
        .optional()
        .describe('Who acts for them in person.'),
    }),
  ),
  datasets: z.array(z.object({ id: z.string(), access_level: z.string(), invalid: z.boolean() })),
  cells: z
    .array(
      z.object({
        identity: z.string(),
        dataset: z.string(),
        allow: z.boolean(),
        reason: z.string(),
        discoverable: z.boolean(),
        masked: z.record(z.string(), z.string()).describe('By column, how it is shown.'),
        hidden: z.array(z.string()),
        filters: z.array(z.string()).describe('Policies whose filters leave rows out.'),
        limits: z.record(z.string(), z.unknown()),
        columns: z.array(z.object({ name: z.string(), shown: z.string() })).optional(),
      }),
    )
    .describe('By identity, then by dataset.'),
});
