/** What was released from clean rooms, and what is left of their budgets. */
import type { Migration } from '../sqlite.ts';

export const cleanRooms: Migration = {
  version: 7,
  name: 'clean rooms',
  sql: '',
};
