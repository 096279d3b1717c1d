/** A moment as query strings and bodies of the HTTP interface write it. */
import { z } from 'zod';

/** To ISO 8601 in UTC; a date is its first moment. */
export const moment = z
  .union([z.iso.datetime({ offset: true }), z.iso.date()], {
    error: 'must be a moment in ISO 8601 with its offset, or a date',
  })
  .transform((text) => new Date(text).toISOString());
