/** One connection to the server: the driver's, with its rows tapped, its prepared statements known, and a key to cancel what it runs. */
import pg from 'pg';
import { RowTap } from './row-tap.ts';

/** Statements kept prepared on each connection: parsing and planning cost more than a point lookup itself. */
const PREPARED = 64;
/** Longer texts are rarely repeated and their plans are large. */
const KEPT_TEXT = 64 << 10;

interface BackendKey {
  readonly processID: number;
  readonly secretKey: number;
}

interface ParameterStatus {
  readonly parameterName: string;
  readonly parameterValue: string;
}

export interface Statement {
  readonly name: string;
  /** False where the server has it already. */
  readonly fresh: boolean;
}

/** Made by the pool. */
export class GateClient extends pg.Client {
  readonly tap: RowTap;
  key: BackendKey | null = null;
  /** Major version of the server; 0 until it told. */
  version = 0;
  /** Names by text and types, the latest used last. */
  private readonly prepared = new Map<string, string>();
  /** Sent to be parsed; the server answers in order. */
  private readonly parsing: { readonly key: string; readonly name: string }[] = [];
  private lastName = 0;

  constructor(config: pg.ClientConfig) {
    super(config);
    this.tap = new RowTap(this.connection);
    // A connection that ends tells its query as well; without a listener it would end the gate.
    this.on('error', () => {});
    this.connection.on('backendKeyData', (key: BackendKey) => {
      this.key = key;
    });
    this.connection.on('parameterStatus', (status: ParameterStatus) => {
      if (status.parameterName === 'server_version')
        this.version = Number.parseInt(status.parameterValue, 10);
    });
    this.connection.on('parseComplete', () => this.parsed());
  }

  /** The statement to bind, prepared before or under a new name; unnamed where it is not worth keeping. */
  statement(text: string, types: readonly string[], keep: boolean): Statement {
    if (!keep || text.length > KEPT_TEXT) {
      this.parsing.push({ key: '', name: '' });
      return { name: '', fresh: true };
    }
    const key = `${types.join()}\n${text}`;
    const known = this.prepared.get(key);
    if (known !== undefined) {
      this.prepared.delete(key);
      this.prepared.set(key, known);
      return { name: known, fresh: false };
    }
    this.lastName += 1;
    const name = `s${this.lastName}`;
    this.parsing.push({ key, name });
    return { name, fresh: true };
  }

  /** Names that the server may forget. */
  evicted(): readonly string[] {
    const names: string[] = [];
    for (const [key, name] of this.prepared) {
      if (this.prepared.size <= PREPARED) break;
      this.prepared.delete(key);
      names.push(name);
    }
    return names;
  }

  /** After an error the server skips what was still to be parsed. */
  failed(): void {
    this.parsing.length = 0;
  }

  private parsed(): void {
    const one = this.parsing.shift();
    if (one !== undefined && one.name !== '') this.prepared.set(one.key, one.name);
  }
}
