/** Subjects and tokens that are refused. */
import type { Migration } from '../sqlite.ts';

export const denials: Migration = {
  version: 8,
  name: 'denials',
  sql: '',
};
