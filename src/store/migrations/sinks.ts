/** How far each sink of the audit has come. */
import type { Migration } from '../sqlite.ts';

export const sinks: Migration = {
  version: 9,
  name: 'sinks',
  sql: '',
};
