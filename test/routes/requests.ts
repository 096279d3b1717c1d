/** Whole requests to an operation: its parameters, its body, headers, another method now and then, and who sends it. */
import fc from 'fast-check';
import type { Operation, Parameter } from './document.ts';
import { PERSONAS } from './persons.ts';
import { almost, anyJson, fitting, sharpText, type Vocabulary } from './values.ts';

export interface Request {
  /** A persona, or a token that is none. */
  readonly person: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

/** What there is on this gate. */
export interface Known {
  /** A usable one, for the bodies that hold one. */
  readonly manifest: unknown;
  readonly live: Vocabulary;
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'QUERY'];

/** Those who may most stand there most often. */
const person = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('officer', 'officer', 'analyst', 'pipeline') },
  { weight: 4, arbitrary: fc.constantFrom(...PERSONAS) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('token:', 'token:x', 'token:a.b.c', 'token:eyJhbGciOiJub25lIn0.e30.'),
  },
);

const encoded = (text: string): string => encodeURIComponent(text.toWellFormed());

const asText = (value: unknown): string =>
  typeof value === 'string' ? value : (JSON.stringify(value) ?? '');

function inPath({ name, schema }: Parameter, live: Vocabulary): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 6, arbitrary: fitting(schema, live, name).map((value) => encoded(asText(value))) },
    { weight: 2, arbitrary: sharpText.map(encoded) },
    {
      weight: 1,
      arbitrary: fc.constantFrom('%zz', '%', '%2f%2e%2e%2f', '..%00', '%c0%af', 'a/b', ';x=1', '*'),
    },
  );
}

/** Nothing, once, twice, or with a value that does not fit. */
function inQuery({ name, schema, required }: Parameter, live: Vocabulary): fc.Arbitrary<string[]> {
  const pair = (value: unknown): string => `${encoded(name)}=${encoded(asText(value))}`;
  const good = fitting(schema, live, name).map((value) => [pair(value)]);
  return fc.oneof(
    { weight: 14, arbitrary: required ? good : fc.constant<string[]>([]) },
    { weight: 4, arbitrary: good },
    { weight: 1, arbitrary: sharpText.map((text) => [pair(text)]) },
    { weight: 1, arbitrary: anyJson.map((value) => [pair(value)]) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fitting(schema, live, name), fitting(schema, live, name))
        .map((two) => two.map(pair)),
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
function realised(value: unknown, manifest: unknown): unknown {
  return typeof value === 'object' && value !== null && 'manifest' in value ? { ...value, manifest } : value;
}

function bodyOf({ body }: Operation, { manifest, live }: Known): fc.Arbitrary<string | null> {
  if (body === null)
    return fc.oneof({ weight: 12, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: raw });
  const real = (value: unknown): unknown => realised(value, manifest);
  return fc.oneof(
    { weight: 8, arbitrary: fitting(body, live).map((value) => JSON.stringify(real(value))) },
    { weight: 2, arbitrary: fitting(body, live).map((value) => JSON.stringify(value)) },
    { weight: 8, arbitrary: almost(body, live).map((value) => JSON.stringify(value)) },
    { weight: 2, arbitrary: almost(body, live).map((value) => JSON.stringify(real(value))) },
    { weight: 2, arbitrary: anyJson.map((value) => JSON.stringify(value)) },
    { weight: 2, arbitrary: raw },
    { weight: 1, arbitrary: fc.constant(null) },
  );
}

export function requestsTo(operation: Operation, known: Known): fc.Arbitrary<Request> {
  return fc.oneof(
    { weight: 1, arbitrary: plain(operation, known) },
    { weight: 2, arbitrary: wild(operation, known) },
  );
}

type Values = readonly (readonly [name: string, value: string])[];

const pathOf = (operation: Operation, values: Values): string =>
  values.reduce((route, [name, value]) => route.replace(`{${name}}`, () => value), operation.route);

const parametersOf = (operation: Operation, where: Parameter['in']): readonly Parameter[] =>
  operation.parameters.filter((one) => one.in === where);

/** What a well-meaning client sends: most of it gets past the first door. */
function plain(operation: Operation, { manifest, live }: Known): fc.Arbitrary<Request> {
  const path = fc
    .tuple(
      ...parametersOf(operation, 'path').map(({ name, schema }) =>
        fitting(schema, live, name).map((value) => [name, encoded(asText(value))] as const),
      ),
    )
    .map((values) => pathOf(operation, values));
  const { body } = operation;
  return fc.record({
    person: fc.constantFrom('officer', 'pipeline', 'analyst'),
    method: fc.constant(operation.method),
    path,
    headers: fc.constant<Record<string, string>>(body === null ? {} : { 'content-type': 'application/json' }),
    body:
      body === null
        ? fc.constant(null)
        : fitting(body, live).map((value) => JSON.stringify(realised(value, manifest)).toWellFormed()),
  });
}

function wild(operation: Operation, known: Known): fc.Arbitrary<Request> {
  const path = fc
    .tuple(
      ...parametersOf(operation, 'path').map((one) =>
        inPath(one, known.live).map((value) => [one.name, value] as const),
      ),
    )
    .map((values) => pathOf(operation, values));
  const query = fc
    .tuple(...parametersOf(operation, 'query').map((one) => inQuery(one, known.live)), stray)
    .map((parts) => parts.flat().join('&'));
  const method = fc.oneof(
    { weight: 19, arbitrary: fc.constant(operation.method) },
    { weight: 1, arbitrary: fc.constantFrom(...METHODS) },
  );
  return fc
    .record({ person, method, path, query, headers, type, body: bodyOf(operation, known) })
    .map(({ query: asked, type: media, body, path: to, headers: more, ...rest }) => ({
      ...rest,
      path: asked === '' ? to : `${to}?${asked}`,
      headers: body === null ? more : { 'content-type': media, ...more },
      body: body === null ? null : body.toWellFormed(),
    }));
}
