/** Personas: named, invented callers for development and for policy tests, read strictly from personas.yml. */
import { z } from 'zod';
import { suggest } from '../../config/known-keys.ts';
import { readStrictYaml } from '../../config/strict-yaml.ts';
import { SluiceError } from '../../errors.ts';
import { ANONYMOUS, type Identity } from '../identity.ts';

const words = z
  .array(z.string().min(1, { error: 'must not be empty' }), { error: 'must be a list of texts' })
  .prefault([]);

const scope = z.string().regex(/^[\x21\x23-\x5B\x5D-\x7E]+$/, {
  error: 'must be a scope: printable, without spaces, quotes and backslashes (RFC 6749 section 3.3)',
});

const number = z.number().refine((value) => !Number.isInteger(value) || Number.isSafeInteger(value), {
  error: 'must be smaller than 2^53',
});

const attribute = z.union([z.string(), number, z.boolean(), z.array(z.union([z.string(), number]))], {
  error: 'must be a text, a number, true or false, or a list of texts and numbers',
});

const caller = {
  sub: z.string().min(1).max(255).describe('Subject of its tokens.'),
  display_name: z.string().min(1).optional().describe('A name for people.'),
  groups: words.describe('Groups it is in.'),
  roles: words.describe('Roles it has.'),
  scopes: z.array(scope, { error: 'must be a list of texts' }).prefault([]).describe('Scopes of its tokens.'),
  attributes: z
    .record(
      z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, { error: 'must be letters, digits and underscores' }),
      attribute,
    )
    .prefault({})
    .describe('Attributes that policies ask for.'),
};

const persona = z.discriminatedUnion(
  'kind',
  [
    z.strictObject({ kind: z.literal('user'), ...caller }),
    z.strictObject({ kind: z.literal('service'), ...caller }),
    z.strictObject({ kind: z.literal('anonymous') }),
  ],
  { error: 'kind must be user, service or anonymous' },
);

export const personasSchema = z.strictObject({
  personas: z
    .record(
      z.string().regex(/^[a-z][a-z0-9_-]*$/, {
        error: 'a persona name consists of small letters, digits, _ and -',
      }),
      // A persona without a kind is a user.
      z.preprocess(
        (given) => (isRecord(given) && !('kind' in given) ? { ...given, kind: 'user' } : given),
        persona,
      ),
    )
    .describe('By the name that `--as` takes.'),
});

export type Persona = z.output<typeof persona>;
export type Personas = ReadonlyMap<string, Persona>;

function isRecord(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

/** Of the text of a personas file. Throws `config_invalid` with file, line and nearest word. */
export function parsePersonas(text: string, file: string): Personas {
  const { value } = readStrictYaml(text, personasSchema, { file, env: null, code: 'config_invalid' });
  return new Map(Object.entries(value.personas));
}

/** Throws `usage` with the nearest name. */
export function findPersona(personas: Personas, name: string): Persona {
  const found = personas.get(name);
  if (found !== undefined) return found;
  const names = [...personas.keys()];
  throw new SluiceError('usage', `No persona "${name}"${suggest(name, names)}`, {
    hint: `Personas: ${names.join(', ')}.`,
  });
}

/** The identity that the persona's token gives, for policy tests that need no token. */
export function identityOf(given: Persona, issuer: string): Identity {
  if (given.kind === 'anonymous') return ANONYMOUS;
  return {
    sub: given.sub,
    kind: given.kind,
    display_name: given.display_name ?? null,
    groups: [...new Set(given.groups)],
    roles: [...new Set(given.roles)],
    scopes: [...new Set(given.scopes)],
    attributes: given.attributes,
    issuer,
  };
}
