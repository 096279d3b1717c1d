/** UTF-8 text quoted for JSON and for CSV (RFC 4180), byte by byte: a quoted text can never end its own quotes. */
import type { ByteWriter } from './byte-writer.ts';

const HEX = '0123456789abcdef';
const QUOTE = 34;
const BACKSLASH = 92;
const COMMA = 44;
const CR = 13;
const LF = 10;

/** The letter after the backslash for the short JSON escapes. */
const SHORT_ESCAPE: Readonly<Record<number, number>> = {
  8: 98,
  9: 116,
  10: 110,
  12: 102,
  13: 114,
  34: 34,
  92: 92,
};

/** Room is made for so many bytes at a time, not for all of a long text at its longest. */
const SLICE = 4096;

/** Writes `source[start, start + length)` as a JSON string. */
export function writeJsonText(out: ByteWriter, source: Uint8Array, start: number, length: number): void {
  out.byte(QUOTE);
  const end = start + length;
  for (let from = start; from < end; from += SLICE)
    escapeJson(out, source, from, Math.min(from + SLICE, end));
  out.byte(QUOTE);
}

function escapeJson(out: ByteWriter, source: Uint8Array, start: number, end: number): void {
  // Six bytes is the longest escape of one byte.
  out.reserve((end - start) * 6);
  const bytes = out.bytes;
  let at = out.position;
  for (let i = start; i < end; i++) {
    const byte = source[i]!;
    if (byte >= 32 && byte !== QUOTE && byte !== BACKSLASH) {
      bytes[at++] = byte;
      continue;
    }
    bytes[at++] = BACKSLASH;
    const short = SHORT_ESCAPE[byte];
    if (short !== undefined) {
      bytes[at++] = short;
      continue;
    }
    bytes[at++] = 117;
    bytes[at++] = 48;
    bytes[at++] = 48;
    bytes[at++] = HEX.charCodeAt(byte >> 4);
    bytes[at++] = HEX.charCodeAt(byte & 15);
  }
  out.position = at;
}

/** Writes it as a CSV field; an empty text is `""`, so that it differs from NULL, which is nothing at all. */
export function writeCsvText(out: ByteWriter, source: Uint8Array, start: number, length: number): void {
  const end = start + length;
  let plain = length > 0;
  for (let i = start; plain && i < end; i++) {
    const byte = source[i]!;
    plain = byte !== QUOTE && byte !== COMMA && byte !== CR && byte !== LF;
  }
  if (plain) {
    out.copy(source, start, length);
    return;
  }
  out.reserve(length * 2 + 2);
  const bytes = out.bytes;
  let at = out.position;
  bytes[at++] = QUOTE;
  for (let i = start; i < end; i++) {
    const byte = source[i]!;
    if (byte === QUOTE) bytes[at++] = QUOTE;
    bytes[at++] = byte;
  }
  bytes[at++] = QUOTE;
  out.position = at;
}

/** The header line of a CSV answer, CRLF included. */
export function csvHeader(names: readonly string[]): string {
  return `${names.map((name) => (/^$|[",\r\n]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name)).join(',')}\r\n`;
}
