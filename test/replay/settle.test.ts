/** A text is on record without its values: what its shape comes to counts only where that reading is borne out. */
import { expect, test } from 'vitest';
import type { Code } from '../../src/errors.ts';
import type { Outcome } from '../../src/replay/decide-again.ts';
import type { AuditedQuery } from '../../src/replay/queries.ts';
import { settle } from '../../src/replay/settle.ts';
import { FITS, type Shape, UNKNOWN } from '../../src/replay/shape.ts';

const WHOLE = 'SELECT "a" FROM "t"';
const VALUED = 'SELECT "a" FROM "t" WHERE ("b" = $0)';
const SHAPELESS: Shape = { kind: 'refused', code: 'clean_room_shape' };

const query = (normalised: string | null, refusal: Code | null): AuditedQuery => ({
  time: '2026-03-01T00:00:00.000Z',
  requestId: 'r',
  subject: { sub: 'anna', kind: 'user', issuer: 'i' },
  onBehalfOf: null,
  priorActors: false,
  datasets: ['gold.t'],
  columns: null,
  project: null,
  purpose: null,
  snapshot: 's',
  fingerprint: 'f',
  normalised,
  clientIp: null,
  refusal,
});

const outcome = (shape: Shape, refusal: Code | null = null): Outcome => ({ refusal, shape, shown: [] });
const DENIED = outcome(FITS, 'access_denied');

const known = (before: string | null, after: string | null) => ({ before, after, shapeKnown: true });
const byRights = (before: string | null, after: string | null) => ({ before, after, shapeKnown: false });

test.each([
  ['both fit', VALUED, null, outcome(FITS), outcome(FITS), known(null, null)],
  [
    'let in then, refused now',
    VALUED,
    null,
    outcome(FITS),
    outcome(SHAPELESS),
    known(null, 'clean_room_shape'),
  ],
  [
    'refused then, let in now',
    VALUED,
    'clean_room_shape',
    outcome(SHAPELESS),
    outcome(FITS),
    known('clean_room_shape', null),
  ],
  ['read otherwise than it was', VALUED, null, outcome(SHAPELESS), outcome(SHAPELESS), byRights(null, null)],
  [
    'refused on record, and not as it is read',
    VALUED,
    'clean_room_shape',
    outcome(FITS),
    outcome(FITS),
    null,
  ],
  ['refused for another reason', VALUED, 'limit_filter', outcome(SHAPELESS), outcome(FITS), null],
  ['nothing to read', null, null, outcome(UNKNOWN), outcome(UNKNOWN), byRights(null, null)],
  [
    'denied then: nothing bears a reading with values out',
    VALUED,
    'access_denied',
    DENIED,
    outcome(SHAPELESS),
    byRights('access_denied', null),
  ],
  [
    'denied then, and the text is whole',
    WHOLE,
    'access_denied',
    DENIED,
    outcome(SHAPELESS),
    known('access_denied', 'clean_room_shape'),
  ],
  ['denied now, whatever its shape', VALUED, null, outcome(UNKNOWN), DENIED, known(null, 'access_denied')],
  [
    'refused by shape, denied now',
    VALUED,
    'clean_room_shape',
    outcome(FITS),
    DENIED,
    known('clean_room_shape', 'access_denied'),
  ],
  ['only the record tells, with values', VALUED, null, null, outcome(SHAPELESS), byRights(null, null)],
  [
    'only the record tells, of a whole text',
    WHOLE,
    null,
    null,
    outcome(SHAPELESS),
    known(null, 'clean_room_shape'),
  ],
  [
    'only the record tells of a refusal',
    WHOLE,
    'clean_room_shape',
    null,
    outcome(FITS),
    known('clean_room_shape', null),
  ],
] as const)('%s', (_, text, refusal, was, is, settled) => {
  expect(settle(query(text, refusal), was, is)).toEqual(settled);
});
