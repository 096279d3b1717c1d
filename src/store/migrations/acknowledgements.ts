/** What members acknowledged. */
import type { Migration } from '../sqlite.ts';

export const acknowledgements: Migration = {
  version: 5,
  name: 'acknowledgements',
  sql: '',
};
