/** Values in the server's text form, written as every engine's are: the same JSON and CSV for the same value. */
import type { ByteWriter } from '../../results/byte-writer.ts';
import { writeBigInteger, writeDouble, writeFloat } from '../../results/numbers.ts';
import { writeCsvText, writeJsonText } from '../../results/text.ts';

/** Writes `bytes[start, end)`; the value is not NULL. */
export type Format = (bytes: Buffer, start: number, end: number, out: ByteWriter, json: boolean) => void;

const QUOTE = 34;
/** Digits that every integer within ±(2^53 - 1) has room for. */
const SAFE_DIGITS = 15;

/** ASCII without quotes, commas and line ends: as it is, in quotes where JSON wants a string. */
export const quoted: Format = (bytes, start, end, out, json) => {
  if (json) out.byte(QUOTE);
  out.copy(bytes, start, end - start);
  if (json) out.byte(QUOTE);
};

export const text: Format = (bytes, start, end, out, json) => {
  (json ? writeJsonText : writeCsvText)(out, bytes, start, end - start);
};

/** An integer of at most 32 bits. */
export const integer: Format = (bytes, start, end, out) => out.copy(bytes, start, end - start);

export const long: Format = (bytes, start, end, out, json) => {
  if (end - start <= SAFE_DIGITS) out.copy(bytes, start, end - start);
  else writeBigInteger(out, BigInt(bytes.toString('latin1', start, end)), json);
};

export const boolean: Format = (bytes, start, _end, out) =>
  out.ascii(bytes[start] === 116 ? 'true' : 'false');

export const float8: Format = (bytes, start, end, out, json) =>
  writeDouble(out, Number(bytes.toString('latin1', start, end)), json);

export const float4: Format = (bytes, start, end, out, json) =>
  writeFloat(out, Math.fround(Number(bytes.toString('latin1', start, end))), json);

/** `\x…` to base64. */
export const bytea: Format = (bytes, start, end, out, json) => {
  if (json) out.byte(QUOTE);
  out.ascii(Buffer.from(bytes.toString('latin1', start + 2, end), 'hex').toString('base64'));
  if (json) out.byte(QUOTE);
};

/** What has no form of its own; a temporal one or an array never comes here. */
export function quotedBy(
  write: (bytes: Buffer, start: number, end: number, out: ByteWriter) => void,
): Format {
  return (bytes, start, end, out, json) => {
    if (json) out.byte(QUOTE);
    write(bytes, start, end, out);
    if (json) out.byte(QUOTE);
  };
}
