/** Certificates for tests: an authority, a server at 127.0.0.1 that is called opa.test, a client, and another authority. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

export interface Certificates {
  readonly ca: string;
  readonly otherCa: string;
  readonly server: KeyPair;
  readonly client: KeyPair;
  /** Signed by the other authority. */
  readonly stranger: KeyPair;
}

/** Null where there is no openssl. */
export function makeCertificates(): Certificates | null {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-tls-'));
  const openssl = (...args: readonly string[]): void => {
    execFileSync('openssl', [...args], { cwd: folder, stdio: 'ignore' });
  };
  const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
  const authority = (name: string): string => {
    openssl(
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
      ...['-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.crt`],
    );
    return read(`${name}.crt`);
  };
  const signed = (name: string, by: string, usage: string, names: string): KeyPair => {
    writeFileSync(join(folder, `${name}.ext`), `subjectAltName=${names}\nextendedKeyUsage=${usage}\n`);
    openssl(
      ...['req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', `/CN=${name}`],
      ...['-keyout', `${name}.key`, '-out', `${name}.csr`],
    );
    openssl(
      ...['x509', '-req', '-in', `${name}.csr`, '-CA', `${by}.crt`, '-CAkey', `${by}.key`, '-days', '2'],
      ...['-CAcreateserial', '-extfile', `${name}.ext`, '-out', `${name}.crt`],
    );
    return { cert: read(`${name}.crt`), key: read(`${name}.key`) };
  };
  try {
    const [ca, otherCa] = [authority('ca'), authority('other')];
    return {
      ca,
      otherCa,
      server: signed('server', 'ca', 'serverAuth', 'DNS:opa.test,IP:127.0.0.1'),
      client: signed('gate', 'ca', 'clientAuth', 'DNS:gate.test'),
      stranger: signed('stranger', 'other', 'clientAuth', 'DNS:gate.test'),
    };
  } catch (error) {
    console.log(`no certificates, tests with TLS are skipped: ${String(error).split('\n')[0]}`);
    return null;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
