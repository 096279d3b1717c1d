/** Arrays from the server's text (`{1,NULL,"a b"}`) to JSON arrays; in CSV the JSON text is the field. */
import { ByteWriter } from '../../results/byte-writer.ts';
import { writeCsvText } from '../../results/text.ts';
import type { Format } from './formats.ts';

const OPEN = 123;
const CLOSE = 125;
const QUOTE = 34;
const BACKSLASH = 92;
const COMMA = 44;
const EQUALS = 61;

/** @param delimiter between the items; `;` for boxes */
export function arrayOf(item: Format, delimiter: number = COMMA): Format {
  const document = new ByteWriter(256);
  const plain = new ByteWriter(64);

  function writeItem(bytes: Buffer, start: number, end: number, out: ByteWriter): number {
    if (bytes[start] === QUOTE) {
      let at = start + 1;
      let escaped = false;
      plain.position = 0;
      for (; bytes[at] !== QUOTE; at++) {
        if (bytes[at] === BACKSLASH) {
          escaped = true;
          at++;
        }
        plain.byte(bytes[at]!);
      }
      if (escaped) item(Buffer.from(plain.bytes.buffer, 0, plain.position), 0, plain.position, out, true);
      else item(bytes, start + 1, at, out, true);
      return at + 1;
    }
    let at = start;
    while (at < end && bytes[at] !== delimiter && bytes[at] !== CLOSE) at++;
    if (isNull(bytes, start, at)) out.ascii('null');
    else item(bytes, start, at, out, true);
    return at;
  }

  /** From an opening brace to behind its closing one. */
  function writeArray(bytes: Buffer, start: number, end: number, out: ByteWriter): number {
    out.byte(91);
    let at = start + 1;
    while (bytes[at] !== CLOSE && at < end) {
      if (bytes[at] === delimiter) {
        out.byte(COMMA);
        at++;
      }
      at = bytes[at] === OPEN ? writeArray(bytes, at, end, out) : writeItem(bytes, at, end, out);
    }
    out.byte(93);
    return at + 1;
  }

  return (bytes, start, end, out, json) => {
    // Bounds other than from 1 come first: `[0:1]={…}`.
    const first = bytes[start] === OPEN ? start : bytes.indexOf(EQUALS, start) + 1;
    if (json) {
      writeArray(bytes, first, end, out);
      return;
    }
    document.position = 0;
    writeArray(bytes, first, end, document);
    writeCsvText(out, document.bytes, 0, document.position);
  };
}

/** A text of these letters is always quoted. */
function isNull(bytes: Buffer, start: number, end: number): boolean {
  return end - start === 4 && bytes.toString('latin1', start, end).toUpperCase() === 'NULL';
}
