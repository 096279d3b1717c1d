/** The OpenAPI document of the HTTP door, as /openapi.json gives it, from the schemas that validate its requests. */
import { createHttpDoor } from '../../src/doors/http/server.ts';
import type { Gate } from '../../src/gate.ts';

export async function openapiDocument(): Promise<string> {
  const unused = new Proxy({}, { get: () => () => undefined }) as Gate;
  const door = await createHttpDoor({
    gate: unused,
    door: 'http',
    health: {
      instance: '',
      ready: async () => [],
      metrics: async () => ({ type: 'text/plain', text: '' }),
    },
    bodyBytes: 1024,
    pushBytes: 1024,
    version: '0.1.0',
  });
  const { body } = await door.inject('/openapi.json');
  await door.close();
  return `${JSON.stringify(JSON.parse(body), null, 2)}\n`;
}
