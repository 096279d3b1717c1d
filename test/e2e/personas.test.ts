import { expect, it } from 'vitest';
import { startGate } from './gate.ts';

it('prints', async () => {
  const gate = await startGate();
  const reply = await gate.query('officer', 'SELECT * FROM gold.members ORDER BY member_id LIMIT 2');
  console.log(reply.text, gate.observed.map((o) => ('error' in o ? (o.error as Error).cause : '')));
  await gate.close();
  expect(1).toBe(1);
});
