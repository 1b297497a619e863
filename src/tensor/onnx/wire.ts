/**
 * The protobuf wire format, as far as ONNX files use it: a message type is an object of fields, and each field knows
 * how to write itself and how to read itself. Fields are written in the order of the object, absent and default values
 * not at all, so writing what was read from our own output gives the same bytes. Unknown fields are skipped.
 * https://protobuf.dev/programming-guides/encoding
 */
const varint = 0;
const fixed64 = 1;
const delimited = 2;
const fixed32 = 5;

/** Collects chunks; big byte arrays are referenced, not copied, until the end. */
export class Writer {
  private readonly chunks: Uint8Array[] = [];
  private small: number[] = [];
  length = 0;

  varint(value: bigint): void {
    let rest = BigInt.asUintN(64, value);
    do {
      const low = Number(rest & 0x7fn);
      rest >>= 7n;
      this.small.push(rest > 0n ? low | 0x80 : low);
      this.length++;
    } while (rest > 0n);
  }
  tag(field: number, wire: number): void {
    this.varint(BigInt((field << 3) | wire));
  }
  bytes(bytes: Uint8Array): void {
    this.flush();
    this.chunks.push(bytes);
    this.length += bytes.length;
  }
  /** A length-delimited field: the content is written by `write`. */
  nested(field: number, write: (inner: Writer) => void): void {
    const inner = new Writer();
    write(inner);
    this.tag(field, delimited);
    this.varint(BigInt(inner.length));
    inner.flush();
    this.flush();
    for (const chunk of inner.chunks) this.chunks.push(chunk);
    this.length += inner.length;
  }
  finish(): Uint8Array {
    this.flush();
    const all = new Uint8Array(this.length);
    let at = 0;
    for (const chunk of this.chunks) {
      all.set(chunk, at);
      at += chunk.length;
    }
    return all;
  }
  private flush(): void {
    if (this.small.length > 0) this.chunks.push(Uint8Array.from(this.small));
    this.small = [];
  }
}

export class Reader {
  private readonly source: Uint8Array;
  private at = 0;

  constructor(source: Uint8Array) {
    this.source = source;
  }
  get done(): boolean {
    return this.at >= this.source.length;
  }
  /** Signed 64 bits. */
  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.source[this.at++];
      if (byte === undefined) break;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asIntN(64, value);
    }
    throw new WireError("a number is cut off or too long");
  }
  bytes(length: number): Uint8Array {
    const slice = this.source.subarray(this.at, this.at + length);
    if (length < 0 || slice.length !== length) throw new WireError("the file ends inside a field");
    this.at += length;
    return slice;
  }
  delimited(): Uint8Array {
    return this.bytes(Number(this.varint()));
  }
  float(): number {
    const bytes = this.bytes(4);
    return new DataView(bytes.buffer, bytes.byteOffset, 4).getFloat32(0, true);
  }
  pass(wire: number): void {
    if (wire === varint) this.varint();
    else if (wire === fixed64) this.bytes(8);
    else if (wire === delimited) this.delimited();
    else if (wire === fixed32) this.bytes(4);
    else throw new WireError(`wire type ${wire} is unknown`);
  }
}

/** The bytes are not a message of the expected form. */
export class WireError extends Error {}

export interface Field<T> {
  readonly number: number;
  /** The value of a field that is absent from the file. */
  absent(): T;
  write(value: T, out: Writer): void;
  read(from: Reader, wire: number, sofar: T): T;
}
export type MessageType = Readonly<Record<string, Field<unknown>>>;
/** The plain object that a message type reads and writes. */
export type Of<M> = { readonly [K in keyof M]: M[K] extends Field<infer T> ? T : never };

export function writeMessage<M extends MessageType>(type: M, value: Of<M>, out: Writer): void {
  for (const [key, field] of Object.entries(type)) field.write(value[key], out);
}

export function readMessage<M extends MessageType>(type: M, bytes: Uint8Array): Of<M> {
  const entries = Object.entries(type);
  const byNumber = new Map(entries.map(([key, field]) => [field.number, { key, field }]));
  const value = Object.fromEntries(entries.map(([key, field]) => [key, field.absent()]));
  const from = new Reader(bytes);
  while (!from.done) {
    const tag = Number(from.varint());
    const known = byNumber.get(tag >> 3);
    if (known) value[known.key] = known.field.read(from, tag & 7, value[known.key]);
    else from.pass(tag & 7);
  }
  return value as Of<M>;
}

const text = new TextDecoder();
const utf8 = new TextEncoder();

export const int = (number: number): Field<number> => ({
  number,
  absent: () => 0,
  write: (value, out) => {
    if (value === 0) return;
    out.tag(number, varint);
    out.varint(BigInt(value));
  },
  read: (from) => Number(from.varint()),
});

export const float = (number: number): Field<number> => ({
  number,
  absent: () => 0,
  write: (value, out) => {
    if (value === 0) return;
    out.tag(number, fixed32);
    out.bytes(new Uint8Array(Float32Array.of(value).buffer));
  },
  read: (from) => from.float(),
});

export const bytes = (number: number): Field<Uint8Array> => ({
  number,
  absent: () => new Uint8Array(),
  write: (value, out) => {
    if (value.length > 0) out.nested(number, (inner) => inner.bytes(value));
  },
  read: (from) => from.delimited(),
});

export const string = (number: number): Field<string> => ({
  number,
  absent: () => "",
  write: (value, out) => {
    if (value !== "") out.nested(number, (inner) => inner.bytes(utf8.encode(value)));
  },
  read: (from) => text.decode(from.delimited()),
});

/** Repeated strings; an empty one stands for an input that is left out, so it is written. */
export const strings = (number: number): Field<readonly string[]> => ({
  number,
  absent: () => [],
  write: (values, out) => {
    for (const value of values) out.nested(number, (inner) => inner.bytes(utf8.encode(value)));
  },
  read: (from, _, sofar) => [...sofar, text.decode(from.delimited())],
});

/** Repeated 64-bit integers, written one by one as proto2 does; read in both forms. */
export const ints = (number: number): Field<readonly bigint[]> => ({
  number,
  absent: () => [],
  write: (values, out) => {
    for (const value of values) {
      out.tag(number, varint);
      out.varint(value);
    }
  },
  read: (from, wire, sofar) => readPacked(from, wire, sofar, (item) => item.varint()),
});

export const floats = (number: number): Field<readonly number[]> => ({
  number,
  absent: () => [],
  write: (values, out) => {
    for (const value of values) {
      out.tag(number, fixed32);
      out.bytes(new Uint8Array(Float32Array.of(value).buffer));
    }
  },
  read: (from, wire, sofar) => readPacked(from, wire, sofar, (item) => item.float()),
});

function readPacked<T>(from: Reader, wire: number, sofar: readonly T[], one: (from: Reader) => T): readonly T[] {
  const values = sofar as T[]; // our own array from `absent` or an earlier read
  if (wire !== delimited) values.push(one(from));
  else for (const packed = new Reader(from.delimited()); !packed.done;) values.push(one(packed));
  return values;
}

export const message = <M extends MessageType>(number: number, type: M): Field<Of<M> | undefined> => ({
  number,
  absent: () => undefined,
  write: (value, out) => {
    if (value) out.nested(number, (inner) => writeMessage(type, value, inner));
  },
  read: (from) => readMessage(type, from.delimited()),
});

export const messages = <M extends MessageType>(number: number, type: M): Field<readonly Of<M>[]> => ({
  number,
  absent: () => [],
  write: (values, out) => {
    for (const value of values) out.nested(number, (inner) => writeMessage(type, value, inner));
  },
  read: (from, _, sofar) => {
    (sofar as Of<M>[]).push(readMessage(type, from.delimited()));
    return sofar;
  },
});
