/** An OPA server behind TLS: only the right one is believed, and it may want to know who asks. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OpaTls } from '../../src/access/opa/client.ts';
import { createPdp } from '../../src/access/pdp.ts';
import { makeCertificates } from './support/certificates.ts';
import { findOpa, type OpaServer, opaOptions, startOpa } from './support/opa.ts';

const made = findOpa() === null ? null : makeCertificates();

describe.skipIf(made === null)('an OPA server behind TLS', () => {
  const { ca, otherCa, server, client, stranger } = made ?? ({} as NonNullable<typeof made>);
  const folder = mkdtempSync(join(tmpdir(), 'sluice-tls-'));
  let plain: OpaServer;
  let mutual: OpaServer;
  beforeAll(async () => {
    const put = (name: string, text: string): string => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    };
    const args = [
      ...['--tls-cert-file', put('server.crt', server.cert)],
      ...['--tls-private-key-file', put('server.key', server.key)],
    ];
    plain = await startOpa({ tls: { ca }, args });
    mutual = await startOpa({
      tls: { ca, ...client },
      args: [...args, '--authentication=tls', '--tls-ca-cert-file', put('ca.crt', ca)],
    });
  });
  afterAll(async () => {
    await plain?.close();
    await mutual?.close();
    rmSync(folder, { recursive: true });
  });

  const probe = async (opa: OpaServer, tls: OpaTls, url = opa.url): Promise<string> => {
    const pdp = createPdp(opaOptions(url, { tls }));
    try {
      await pdp.probe();
      return 'answered';
    } catch (thrown) {
      return (thrown as { code: string }).code;
    } finally {
      await pdp.close();
    }
  };

  it.each<[string, () => OpaTls, string]>([
    ['its own authority', () => ({ ca }), 'answered'],
    ['the authorities of the system', () => ({}), 'pdp_unavailable'],
    ['another authority', () => ({ ca: otherCa }), 'pdp_unavailable'],
    ['its own authority, by the name that it has', () => ({ ca, serverName: 'opa.test' }), 'answered'],
    ['its own authority, by another name', () => ({ ca, serverName: 'opa.other' }), 'pdp_unavailable'],
  ])('believed by %s: %s', async (_name, tls, outcome) => {
    expect(await probe(plain, tls())).toBe(outcome);
  });

  it('is not spoken to in the clear', async () => {
    expect(await probe(plain, {}, plain.url.replace('https', 'http'))).toBe('pdp_unavailable');
  });

  it.each<[string, () => OpaTls, string]>([
    ['a certificate that it trusts', () => ({ ca, ...client }), 'answered'],
    ['none', () => ({ ca }), 'pdp_unavailable'],
    ['one of another authority', () => ({ ca, ...stranger }), 'pdp_unavailable'],
  ])('that wants to know who asks, asked with %s', async (_name, tls, outcome) => {
    expect(await probe(mutual, tls())).toBe(outcome);
  });
});
