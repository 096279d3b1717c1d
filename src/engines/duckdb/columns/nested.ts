/** Lists, arrays, structs, maps and unions as JSON; in CSV the JSON text is the field. */
import duckdb from '@duckdb/node-bindings';
import { ByteWriter } from '../../../results/byte-writer.ts';
import { writeCsvText, writeJsonText } from '../../../results/text.ts';
import { structFields } from '../types.ts';
import { Column, vectorBytes } from './column.ts';

abstract class NestedColumn extends Column {
  private readonly scratch = new ByteWriter(256);

  protected write(row: number, out: ByteWriter, json: boolean): void {
    if (json) {
      this.document(row, out);
      return;
    }
    this.scratch.position = 0;
    this.document(row, this.scratch);
    writeCsvText(out, this.scratch.bytes, 0, this.scratch.position);
  }

  protected abstract document(row: number, out: ByteWriter): void;
}

export class ListColumn extends NestedColumn {
  private entries = new DataView(new ArrayBuffer(0));
  private readonly child: Column;

  constructor(child: Column) {
    super();
    this.child = child;
  }

  protected read(vector: duckdb.Vector, count: number): void {
    const bytes = vectorBytes(vector, count, 16);
    this.entries = new DataView(bytes.buffer, bytes.byteOffset, count * 16);
    this.child.load(duckdb.list_vector_get_child(vector), duckdb.list_vector_get_size(vector));
  }

  protected document(row: number, out: ByteWriter): void {
    const first = Number(this.entries.getBigUint64(row * 16, true));
    const length = Number(this.entries.getBigUint64(row * 16 + 8, true));
    writeItems(this.child, first, length, out);
  }
}

/** A fixed number of items in every row. */
export class ArrayColumn extends NestedColumn {
  private readonly child: Column;
  private readonly size: number;

  constructor(child: Column, size: number) {
    super();
    this.child = child;
    this.size = size;
  }

  protected read(vector: duckdb.Vector, count: number): void {
    this.child.load(duckdb.array_vector_get_child(vector), count * this.size);
  }

  protected document(row: number, out: ByteWriter): void {
    writeItems(this.child, row * this.size, this.size, out);
  }
}

function writeItems(child: Column, first: number, length: number, out: ByteWriter): void {
  out.byte(91);
  for (let i = 0; i < length; i++) {
    if (i > 0) out.byte(44);
    child.json(first + i, out);
  }
  out.byte(93);
}

export class StructColumn extends NestedColumn {
  private readonly fields: readonly { readonly key: string; readonly column: Column }[];

  constructor(type: duckdb.LogicalType, create: (type: duckdb.LogicalType) => Column) {
    super();
    this.fields = structFields(type).map(([name, child]) => ({
      key: JSON.stringify(name),
      column: create(child),
    }));
  }

  protected read(vector: duckdb.Vector, count: number): void {
    this.fields.forEach(({ column }, i) => {
      column.load(duckdb.struct_vector_get_child(vector, i), count);
    });
  }

  protected document(row: number, out: ByteWriter): void {
    out.byte(123);
    this.fields.forEach(({ key, column }, i) => {
      if (i > 0) out.byte(44);
      writeKey(out, key);
      column.json(row, out);
    });
    out.byte(125);
  }
}

/** An object; keys that are not texts become the text of their JSON. Stored as a list of key and value. */
export class MapColumn extends NestedColumn {
  private entries = new DataView(new ArrayBuffer(0));
  private readonly keyText = new ByteWriter(64);
  private readonly keys: Column;
  private readonly values: Column;

  constructor(keys: Column, values: Column) {
    super();
    this.keys = keys;
    this.values = values;
  }

  protected read(vector: duckdb.Vector, count: number): void {
    const bytes = vectorBytes(vector, count, 16);
    this.entries = new DataView(bytes.buffer, bytes.byteOffset, count * 16);
    const child = duckdb.list_vector_get_child(vector);
    const size = duckdb.list_vector_get_size(vector);
    this.keys.load(duckdb.struct_vector_get_child(child, 0), size);
    this.values.load(duckdb.struct_vector_get_child(child, 1), size);
  }

  protected document(row: number, out: ByteWriter): void {
    const first = Number(this.entries.getBigUint64(row * 16, true));
    const length = Number(this.entries.getBigUint64(row * 16 + 8, true));
    out.byte(123);
    for (let i = 0; i < length; i++) {
      if (i > 0) out.byte(44);
      this.key(first + i, out);
      out.byte(58);
      this.values.json(first + i, out);
    }
    out.byte(125);
  }

  private key(row: number, out: ByteWriter): void {
    this.keyText.position = 0;
    this.keys.json(row, this.keyText);
    const { bytes, position } = this.keyText;
    if (bytes[0] === 34) out.copy(bytes, 0, position);
    else writeJsonText(out, bytes, 0, position);
  }
}

/** The value of the member that a row has. */
export class UnionColumn extends NestedColumn {
  private tags = new Uint8Array(0);
  private readonly members: readonly Column[];

  constructor(type: duckdb.LogicalType, create: (type: duckdb.LogicalType) => Column) {
    super();
    const count = duckdb.union_type_member_count(type);
    this.members = Array.from({ length: count }, (_, i) => create(duckdb.union_type_member_type(type, i)));
  }

  protected read(vector: duckdb.Vector, count: number): void {
    this.tags = vectorBytes(duckdb.struct_vector_get_child(vector, 0), count, 1);
    this.members.forEach((member, i) => {
      member.load(duckdb.struct_vector_get_child(vector, i + 1), count);
    });
  }

  protected document(row: number, out: ByteWriter): void {
    this.members[this.tags[row]!]!.json(row, out);
  }
}

function writeKey(out: ByteWriter, key: string): void {
  const bytes = Buffer.from(key);
  out.copy(bytes, 0, bytes.length);
  out.byte(58);
}
