/** Access requests, their approvals, grants, and notifications that wait. */
import type { Migration } from '../sqlite.ts';

export const requests: Migration = {
  version: 6,
  name: 'requests',
  sql: '',
};
