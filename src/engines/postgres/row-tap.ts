/**
 * Takes the rows of a connection as the bytes that the server sent, before the driver makes strings of them, and can
 * hold the connection still: the server then waits as well, so a slow reader costs no memory. All else is the driver's.
 */
import { EventEmitter } from 'node:events';
import type { Duplex } from 'node:stream';
import type pg from 'pg';

/** The body of a row's message: `bytes[start, end)`, a count of fields, then each with its length. */
export interface RowReceiver {
  row(bytes: Buffer, start: number, end: number): void;
  /** What has arrived so far has been handed over. */
  pause(): void;
  /** Bytes beyond which a single row is not taken into memory. */
  readonly mostBytes: number;
  /** A row is longer than that; the connection cannot be used any more. */
  overflow(): void;
}

/** What the driver calls with the socket, or with the TLS stream on it (pg 8). */
interface Attaching {
  attachListeners(stream: EventEmitter): void;
}

const HEADER = 5;
const DATA_ROW = 68;

/** As long as its connection. */
export class RowTap {
  receiver: RowReceiver | null = null;
  private readonly driver = new EventEmitter();
  private stream: Duplex | null = null;
  private held = false;
  private readonly parts: Buffer[] = [];
  private size = 0;
  /** Bytes without which there is no whole message. */
  private needed = HEADER;

  /** To be called before the connection connects. */
  constructor(connection: pg.Connection) {
    const attaching = connection as unknown as Attaching;
    const attach = attaching.attachListeners;
    attaching.attachListeners = (stream) => {
      attach.call(connection, this.driver);
      this.stream = stream as Duplex;
      stream.on('data', (piece: Buffer) => this.push(piece));
    };
  }

  /** Nothing is handed over, and nothing more is read, until `release`. */
  hold(): void {
    this.held = true;
    this.stream?.pause();
  }

  release(): void {
    if (!this.held) return;
    this.held = false;
    this.drain();
    if (!this.held) this.stream?.resume();
  }

  private push(piece: Buffer): void {
    this.parts.push(piece);
    this.size += piece.length;
    this.drain();
  }

  private drain(): void {
    if (this.held || this.size < this.needed) return;
    const bytes = this.parts.length === 1 ? this.parts[0]! : Buffer.concat(this.parts, this.size);
    this.parts.length = 0;
    let at = 0;
    this.needed = HEADER;
    while (!this.held) {
      const left = bytes.length - at;
      if (left < HEADER) break;
      const length = bytes.readUInt32BE(at + 1) + 1;
      const row = bytes[at] === DATA_ROW;
      if (left < length) {
        this.needed = length;
        if (row && this.receiver !== null && length > this.receiver.mostBytes) this.receiver.overflow();
        break;
      }
      const message = at;
      at += length;
      if (row && this.receiver !== null) this.receiver.row(bytes, message + HEADER, at);
      else this.driver.emit('data', bytes.subarray(message, at));
    }
    this.size = bytes.length - at;
    if (this.size > 0) this.parts.push(at === 0 ? bytes : bytes.subarray(at));
    this.receiver?.pause();
  }
}
