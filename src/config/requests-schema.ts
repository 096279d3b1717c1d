/** The `requests:` and `notify:` parts of sluice.yml: who decides access requests, and who is told of them. */
import { z } from 'zod';
import type { DeepReadonly } from './deep-readonly.ts';
import { duration } from './units.ts';
import { webhookSecret } from './webhook-secret.ts';

/** Compiled where it is used: the policy language belongs to the policies. */
const condition = z.unknown().meta({ title: 'condition' });

export const requestsSchema = z.strictObject({
  max_duration: duration({ least: '1s', most: '3650d' })
    .prefault('30d')
    .describe('Longest time that a grant lasts.'),
  max_open: z.int().min(1).max(10_000).prefault(20).describe('Requests that one subject may have open.'),
  per_hour: z.int().min(1).max(10_000).prefault(30).describe('New requests of one subject in an hour.'),
  owners: z
    .record(z.string().min(1), condition)
    .prefault({})
    .describe(
      'Who decides for an owner: the text that names the owner in dbt (of a group, of `meta.owner`, of an exposure), each with a condition in the policy language. An owner that is not named here and is an e-mail address is whoever has that address or subject.',
    ),
  fallback: condition
    .optional()
    .describe('Who decides where no owner is known. Default: stewards (`identity.permissions.steward`).'),
});

export const EVENTS = ['asked', 'approved', 'denied', 'withdrawn', 'revoked', 'expiring', 'expired'] as const;

const address = z
  .string()
  .max(254)
  .regex(/^[^\s@<>"',;:\\()[\]]+@[^\s@<>"',;:\\()[\]]+$/, { error: 'must be an e-mail address' });

const webhook = z.strictObject({
  url: z
    .url({ protocol: /^https?$/, error: 'must be an http(s) URL' })
    .refine((given) => !/^https?:\/\/[^/]*@/.test(given), { error: 'must not hold a password' })
    .describe('Where events are posted. Redirects are not followed.'),
  secret: webhookSecret
    .optional()
    .describe(
      'Signs each post as standardwebhooks.com has it: `webhook-signature: v1,…`, HMAC-SHA-256 over id, time and body. At least 16 characters; behind `whsec_`, base64. Without it nothing is signed.',
    ),
  events: z
    .array(z.enum(EVENTS))
    .min(1)
    .prefault([...EVENTS])
    .describe('Which events; by default all.'),
});

export const notifySchema = z
  .strictObject({
    base_url: z
      .url({ protocol: /^https?$/, error: 'must be an http(s) URL' })
      .optional()
      .describe('Where people reach this gate, for links in notifications.'),
    webhooks: z.array(webhook).max(20).prefault([]).describe('Programs that are told.'),
    smtp: z
      .strictObject({
        url: z
          .string()
          .regex(/^smtps?:\/\//, { error: 'must begin with smtp:// or smtps://' })
          .describe(
            'The mail server: `smtp://user:password@host:587`, or `smtps://` for TLS from the first byte. Holds a password, so take it from the environment.',
          ),
        from: address.describe('The sender.'),
        starttls: z
          .enum(['require', 'if_offered', 'never'])
          .prefault('require')
          .describe('Whether mail goes over a connection that is not encrypted.'),
      })
      .optional()
      .describe('How mail is sent; none where absent.'),
    to: z
      .record(z.string().min(1), z.union([address, z.array(address).min(1).max(50)]))
      .prefault({})
      .describe(
        'Addresses of those who decide: by the id of the policy or the text that names the owner, and `default` for the rest. Whoever asked is told at the address of their attribute `email`.',
      ),
    before_expiry: duration({ least: '1s', most: '365d' })
      .optional()
      .describe('How long before its end a grant is said to expire. Default: nobody is told.'),
    attempts: z.int().min(1).max(100).prefault(12).describe('Attempts before a notification is given up.'),
    timeout: duration({ least: '100ms', most: '5m' })
      .prefault('10s')
      .describe('Longest wait for a receiver.'),
  })
  .refine((given) => given.smtp !== undefined || Object.keys(given.to).length === 0, {
    error: 'needs smtp as well: nothing goes to these addresses without it',
    path: ['to'],
  });

export type RequestsConfig = DeepReadonly<z.output<typeof requestsSchema>>;
export type NotifyConfig = DeepReadonly<z.output<typeof notifySchema>>;
