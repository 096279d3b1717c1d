/** The OpenAPI document as tests use it: its operations, and whether an answer is one that it promises. */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { CODES } from '../../src/errors.ts';

export interface Schema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly pattern?: string;
  readonly format?: string;
}

export interface Parameter {
  readonly in: 'path' | 'query' | 'header';
  readonly name: string;
  readonly required: boolean;
  readonly schema: Schema;
}

export interface Operation {
  readonly method: string;
  /** As the document has it: `/v1/catalogue/{dataset_id}`. */
  readonly route: string;
  readonly parameters: readonly Parameter[];
  readonly body: Schema | null;
  readonly responses: Readonly<Record<string, Readonly<Record<string, Schema | null>>>>;
  /** Asks for no token, and so refuses none. */
  readonly open: boolean;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

interface RawOperation {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema?: Schema }>> }>
  >;
  readonly security?: readonly unknown[];
}

export interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, RawOperation>>>>;
}

export const nameOf = ({ method, route }: Operation): string => `${method} ${route}`;

export function operationsOf({ paths }: OpenApi): Operation[] {
  return Object.entries(paths).flatMap(([route, methods]) =>
    Object.entries(methods).map(([method, raw]) => ({
      method: method.toUpperCase(),
      route,
      parameters: raw.parameters ?? [],
      body: raw.requestBody?.content['application/json']?.schema ?? null,
      responses: Object.fromEntries(
        Object.entries(raw.responses).map(([status, { content = {} }]) => [
          status.toUpperCase(),
          Object.fromEntries(Object.entries(content).map(([type, { schema }]) => [type, schema ?? null])),
        ]),
      ),
      open: raw.security?.length === 0,
    })),
  );
}

const PROBLEM = 'application/problem+json';
const PROBLEM_MEMBERS = [
  'type',
  'title',
  'status',
  'code',
  'message',
  'hint',
  'position',
  'details',
  'request_id',
  'request_access',
];
/** A place in our code, in a library's or on the machine; or a value that found no words. */
const INSIDE =
  /node_modules|node:internal|file:\/\/|\.[cm]?[jt]s:\d|\n\s+at |\/(?:home|tmp|usr|var|src)\/\w|\[object Object\]/;

const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats.default(ajv);
const compiled = new WeakMap<Schema, ValidateFunction>();

function mismatches(schema: Schema, value: unknown): string[] {
  const valid = compiled.get(schema) ?? ajv.compile(schema);
  compiled.set(schema, valid);
  valid(value);
  return (valid.errors ?? []).map((one) => `${one.instancePath || 'the answer'} ${one.message}`);
}

const readable = (text: string): { readonly value: unknown } | null => {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return null;
  }
};

/** What is wrong with an answer, whoever gave it to whatever: none where all is well. */
export function faultsOf(operation: Operation | null, { status, headers, text }: Answer): string[] {
  const faults: string[] = [];
  const type = (headers.get('content-type') ?? '').split(';')[0]!.trim();
  const id = headers.get('x-request-id') ?? '';
  if (!/^[0-9a-f-]{36}$/.test(id)) faults.push('has no x-request-id');
  if (status >= 400 && INSIDE.test(text)) faults.push('tells of the inside of the gate');
  const promised = operation === null ? { '4XX': { [PROBLEM]: null } } : operation.responses;
  const content = promised[status] ?? promised[`${String(status)[0]}XX`];
  if (content === undefined) faults.push(`${status} is not documented`);
  else if (Object.keys(content).length === 0) {
    if (text !== '') faults.push(`${status} has a body`);
  } else if (!Object.hasOwn(content, type)) faults.push(`${status} as '${type}' is not documented`);
  else if (type.endsWith('json') && !type.endsWith('ndjson')) {
    const body = readable(text);
    const schema = content[type];
    if (body === null) faults.push('is not JSON');
    else if (schema) faults.push(...mismatches(schema, body.value));
  }
  return type === PROBLEM ? [...faults, ...problemFaults(status, id, text)] : faults;
}

function problemFaults(status: number, id: string, text: string): string[] {
  const problem = readable(text)?.value as Record<string, unknown> | undefined;
  if (typeof problem !== 'object' || problem === null) return ['is no problem'];
  const faults: string[] = [];
  const code = String(problem.code);
  const known = Object.entries(CODES).find(([name]) => name === code)?.[1];
  if (known === undefined) faults.push(`the code ${code} does not exist`);
  else if (known.status !== status) faults.push(`${code} is told with ${status}`);
  if (problem.status !== status) faults.push('its status is not the one of the answer');
  if (problem.type !== `/docs/errors#${code}`) faults.push('its type is not that of its code');
  if (problem.request_id !== id) faults.push('its request_id is not that of the answer');
  const strange = Object.keys(problem).filter((member) => !PROBLEM_MEMBERS.includes(member));
  if (strange.length > 0) faults.push(`has members of its own: ${strange.join(', ')}`);
  return faults;
}
