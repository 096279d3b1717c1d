/** Whole requests to an operation: its parameters, its body, headers, another method now and then, and who sends it. */
import fc from 'fast-check';
import type { Operation, Parameter } from './document.ts';
import { PERSONAS } from './persons.ts';
import { almost, anyJson, fitting, sharpText } from './values.ts';

export interface Request {
  /** A persona, or a token that is none. */
  readonly person: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'QUERY'];

/** Those who may most stand there most often. */
const person = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('officer', 'pipeline') },
  { weight: 4, arbitrary: fc.constantFrom(...PERSONAS) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('token:', 'token:x', 'token:a.b.c', 'token:eyJhbGciOiJub25lIn0.e30.'),
  },
);

const encoded = (text: string): string => encodeURIComponent(text.toWellFormed());

const asText = (value: unknown): string =>
  typeof value === 'string' ? value : (JSON.stringify(value) ?? '');

function inPath({ name, schema }: Parameter): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 6, arbitrary: fitting(schema, name).map((value) => encoded(asText(value))) },
    { weight: 2, arbitrary: sharpText.map(encoded) },
    {
      weight: 1,
      arbitrary: fc.constantFrom('%zz', '%', '%2f%2e%2e%2f', '..%00', '%c0%af', 'a/b', ';x=1', '*'),
    },
  );
}

/** Nothing, once, twice, or with a value that does not fit. */
function inQuery({ name, schema, required }: Parameter): fc.Arbitrary<string[]> {
  const pair = (value: unknown): string => `${encoded(name)}=${encoded(asText(value))}`;
  const good = fitting(schema, name).map((value) => [pair(value)]);
  return fc.oneof(
    { weight: 5, arbitrary: required ? good : fc.constant<string[]>([]) },
    { weight: 3, arbitrary: good },
    { weight: 1, arbitrary: sharpText.map((text) => [pair(text)]) },
    { weight: 1, arbitrary: anyJson.map((value) => [pair(value)]) },
    {
      weight: 1,
      arbitrary: fc.tuple(fitting(schema, name), fitting(schema, name)).map((two) => two.map(pair)),
    },
  );
}

const stray = fc.oneof(
  { weight: 12, arbitrary: fc.constant<string[]>([]) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(['__proto__=1'], ['a[b]=1'], ['%zz=%zz'], ['&&&='], ['dry_run=true'], ['?']),
  },
);

const header = fc.constantFrom<Record<string, string>>(
  { accept: 'text/csv' },
  { accept: 'application/x-ndjson' },
  { accept: 'image/png' },
  { accept: '*/*;q=0, text/csv;q=x' },
  { accept: ',;,' },
  { 'x-sluice-project': 'load_forecast' },
  { 'x-sluice-project': 'partner_clean_room', 'x-sluice-purpose': 'grid-planning' },
  { 'x-sluice-project': '\u00ff'.repeat(300) },
  { 'if-match': '*' },
  { 'if-match': 'W/"x", "y"' },
  { 'if-match': '"' },
  { 'if-none-match': '*' },
  { 'if-none-match': '"a"', 'if-match': '"b"' },
  { range: 'bytes=0-1' },
  { 'content-encoding': 'gzip' },
  { 'x-forwarded-for': 'not an address, ::1' },
  { 'x-http-method-override': 'DELETE' },
  { 'user-agent': 'x'.repeat(3_000) },
  { 'x-request-id': '<script>' },
  { cookie: 'a=b; __proto__=c' },
  { host: 'elsewhere.example:99999' },
  { traceparent: '00-00-00-00' },
);
const headers = fc
  .oneof(
    { weight: 3, arbitrary: fc.constant([]) },
    { weight: 2, arbitrary: fc.array(header, { maxLength: 3 }) },
  )
  .map((list): Record<string, string> => Object.assign({}, ...list) as Record<string, string>);

const JSON_TYPES = ['application/json', 'application/json; charset=utf-8', 'Application/JSON'];
const type = fc.oneof(
  { weight: 14, arbitrary: fc.constantFrom(...JSON_TYPES) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'application/xml',
      'application/json; charset=utf-16',
      'application/merge-patch+json',
      'application/',
      '/',
      ';',
      'json',
    ),
  },
);

const raw = fc.oneof(
  fc.constantFrom(
    '',
    '{',
    '{"sql":',
    '[]]',
    'null',
    '"x"',
    '1',
    'sql=SELECT+1',
    '\ufeff{}',
    '{"a":1,"a":2}',
    '{}{}',
  ),
  fc.constantFrom('[', '{"a":').map((open) => open.repeat(5_000)),
  fc.constant(`{"sql":"SELECT ${'1+'.repeat(60_000)}1"}`),
  fc.constantFrom('{"__proto__":{"isAdmin":true}}', '{"constructor":{"prototype":{"x":1}}}'),
  sharpText,
);

/** The manifest is that of a real project: what is made up is refused at its first word. */
function bodyOf({ body }: Operation, manifest: unknown): fc.Arbitrary<string | null> {
  if (body === null)
    return fc.oneof({ weight: 12, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: raw });
  const real = (value: unknown): unknown =>
    typeof value === 'object' && value !== null && 'manifest' in value ? { ...value, manifest } : value;
  return fc.oneof(
    { weight: 5, arbitrary: fitting(body).map((value) => JSON.stringify(real(value))) },
    { weight: 2, arbitrary: fitting(body).map((value) => JSON.stringify(value)) },
    { weight: 8, arbitrary: almost(body).map((value) => JSON.stringify(value)) },
    { weight: 2, arbitrary: almost(body).map((value) => JSON.stringify(real(value))) },
    { weight: 2, arbitrary: anyJson.map((value) => JSON.stringify(value)) },
    { weight: 2, arbitrary: raw },
    { weight: 1, arbitrary: fc.constant(null) },
  );
}

/** @param manifest a usable one, for the bodies that hold one */
export function requestsTo(operation: Operation, manifest: unknown): fc.Arbitrary<Request> {
  const parameters = (where: Parameter['in']): readonly Parameter[] =>
    operation.parameters.filter((one) => one.in === where);
  const path = fc
    .tuple(...parameters('path').map((one) => inPath(one).map((value) => [one.name, value] as const)))
    .map((values) =>
      values.reduce((route, [name, value]) => route.replace(`{${name}}`, () => value), operation.route),
    );
  const query = fc.tuple(...parameters('query').map(inQuery), stray).map((parts) => parts.flat().join('&'));
  const method = fc.oneof(
    { weight: 19, arbitrary: fc.constant(operation.method) },
    { weight: 1, arbitrary: fc.constantFrom(...METHODS) },
  );
  return fc
    .record({ person, method, path, query, headers, type, body: bodyOf(operation, manifest) })
    .map(({ query: asked, type: media, body, path: to, headers: more, ...rest }) => ({
      ...rest,
      path: asked === '' ? to : `${to}?${asked}`,
      headers: body === null ? more : { 'content-type': media, ...more },
      body: body === null ? null : body.toWellFormed(),
    }));
}
