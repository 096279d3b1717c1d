/**
 * Frames between the gate and an engine process: a JSON head and a body of raw bytes over a socket pair.
 * Measured against Node's own IPC channel with advanced serialization: 28 against 36 µs a round trip, 1,690 against
 * 750 MB/s; and a socket gives back-pressure.
 */

/** Length of the rest, id, length of the body; little-endian. The body stands before the head, so that it can be written first. */
export const FRAME_HEADER = 12;
/** Control texts and row batches are far below this; anything larger is a broken stream. */
const MAX_FRAME = 256 << 20;

export interface Frame {
  /** The request it belongs to. */
  readonly id: number;
  readonly head: unknown;
  readonly body: Uint8Array;
}

/** `framed` holds the body after FRAME_HEADER bytes of room. */
export function sealFrame(id: number, head: object, framed: Uint8Array): readonly Uint8Array[] {
  const text = Buffer.from(JSON.stringify(head));
  const view = new DataView(framed.buffer, framed.byteOffset, FRAME_HEADER);
  view.setUint32(0, framed.length - 4 + text.length, true);
  view.setUint32(4, id, true);
  view.setUint32(8, framed.length - FRAME_HEADER, true);
  return [framed, text];
}

/** A frame without a body, in one piece. */
export function headFrame(id: number, head: object): Buffer {
  const text = JSON.stringify(head);
  const length = Buffer.byteLength(text);
  const frame = Buffer.allocUnsafe(FRAME_HEADER + length);
  frame.writeUInt32LE(FRAME_HEADER - 4 + length, 0);
  frame.writeUInt32LE(id, 4);
  frame.writeUInt32LE(0, 8);
  frame.write(text, FRAME_HEADER);
  return frame;
}

/** Puts frames together again from the pieces a socket gives; lives as long as its socket. */
export class FrameReader {
  private readonly onFrame: (frame: Frame) => void;
  private readonly lengthBytes = Buffer.alloc(4);
  private lengthSeen = 0;
  private frame: Buffer | null = null;
  private seen = 0;

  constructor(onFrame: (frame: Frame) => void) {
    this.onFrame = onFrame;
  }

  push(piece: Uint8Array): void {
    let at = 0;
    while (at < piece.length) {
      if (this.frame === null) {
        while (this.lengthSeen < 4 && at < piece.length) this.lengthBytes[this.lengthSeen++] = piece[at++]!;
        if (this.lengthSeen < 4) return;
        const length = this.lengthBytes.readUInt32LE(0);
        if (length < FRAME_HEADER - 4 || length > MAX_FRAME) throw new RangeError('broken frame');
        this.frame = Buffer.allocUnsafe(length);
        this.lengthSeen = 0;
        this.seen = 0;
      }
      const take = Math.min(this.frame.length - this.seen, piece.length - at);
      this.frame.set(piece.subarray(at, at + take), this.seen);
      this.seen += take;
      at += take;
      if (this.seen < this.frame.length) return;
      const complete = this.frame;
      this.frame = null;
      this.onFrame(readFrame(complete));
    }
  }
}

function readFrame(bytes: Buffer): Frame {
  const bodyEnd = 8 + bytes.readUInt32LE(4);
  if (bodyEnd > bytes.length) throw new RangeError('broken frame');
  return {
    id: bytes.readUInt32LE(0),
    head: JSON.parse(bytes.toString('utf8', bodyEnd)) as unknown,
    body: bytes.subarray(8, bodyEnd),
  };
}
