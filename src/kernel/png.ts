import { crc32, inflateSync } from "node:zlib";

/** 8-bit samples, row by row, one (grey) or three (RGB) a pixel. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  readonly data: Uint8Array;
}

/** Why bytes are no picture. */
export type PictureFault = "broken_image" | "image_too_large";

const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

export const isPng = (bytes: Uint8Array): boolean => signature.every((byte, i) => bytes[i] === byte);

/** Samples a pixel by colour type: grey, RGB, palette, grey and alpha, RGB and alpha. */
const samplesOf: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
const depthsOf: Readonly<Record<number, readonly number[]>> = {
  0: [1, 2, 4, 8, 16],
  2: [8, 16],
  3: [1, 2, 4, 8],
  4: [8, 16],
  6: [8, 16],
};

interface Header {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  readonly color: number;
  readonly isInterlaced: boolean;
}

interface Chunks {
  readonly header: Header;
  readonly palette: Uint8Array | undefined;
  readonly transparency: Uint8Array | undefined;
  readonly data: Uint8Array;
}

/**
 * Decodes every PNG of the specification (W3C PNG, third edition), onto white where it is transparent. Nothing is
 * inflated before the header was held against `pixelsMax`, and never more than the header promised.
 */
export function decodePng(bytes: Uint8Array, pixelsMax: number): Picture | PictureFault {
  const chunks = readChunks(bytes, pixelsMax);
  if (typeof chunks === "string") return chunks;
  const { header } = chunks;
  const passes = header.isInterlaced ? adam7 : [{ x: 0, y: 0, dx: 1, dy: 1 }];
  const sizes = passes.map((pass) => ({
    ...pass,
    columns: Math.max(Math.ceil((header.width - pass.x) / pass.dx), 0),
    rows: Math.max(Math.ceil((header.height - pass.y) / pass.dy), 0),
  }));
  const bits = header.depth * (samplesOf[header.color] ?? 0);
  const lineBytes = (columns: number): number => Math.ceil((columns * bits) / 8);
  const expected = sizes.reduce((sum, s) => sum + (s.columns === 0 ? 0 : s.rows * (1 + lineBytes(s.columns))), 0);
  const raw = inflate(chunks.data, expected);
  if (!raw) return "broken_image";
  const canvas = new Uint8Array(header.width * header.height * 3);
  const paint = painter(chunks, canvas);
  let at = 0;
  for (const { x, y, dx, dy, columns, rows } of sizes) {
    if (columns === 0) continue;
    let above = new Uint8Array(lineBytes(columns));
    for (let row = 0; row < rows; row++) {
      const line = raw.subarray(at + 1, at + 1 + above.length);
      if (!unfilter(raw[at] ?? 0, line, above, Math.max(bits >> 3, 1))) return "broken_image";
      if (!paint(line, columns, (y + row * dy) * header.width + x, dx)) return "broken_image";
      above = line;
      at += 1 + line.length;
    }
  }
  return withFewestChannels(header.width, header.height, canvas);
}

function inflate(data: Uint8Array, expected: number): Uint8Array<ArrayBuffer> | undefined {
  try {
    const raw = inflateSync(data, { maxOutputLength: expected + 65_536 }); // some writers pad the stream
    return raw.length < expected ? undefined : new Uint8Array(raw.buffer, raw.byteOffset, expected);
  } catch {
    return undefined;
  }
}

function readChunks(bytes: Uint8Array, pixelsMax: number): Chunks | PictureFault {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let header: Header | undefined;
  let palette: Uint8Array | undefined;
  let transparency: Uint8Array | undefined;
  const data: Uint8Array[] = [];
  for (let at = signature.length; at + 12 <= bytes.length;) {
    const length = view.getUint32(at);
    const end = at + 8 + length;
    if (end + 4 > bytes.length) return "broken_image";
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    const body = bytes.subarray(at + 8, end);
    const isCritical = type.charCodeAt(0) < 97;
    if (isCritical && crc32(bytes.subarray(at + 4, end)) !== view.getUint32(end)) return "broken_image";
    at = end + 4;
    if (!header) {
      if (type !== "IHDR") return "broken_image";
      const read = readHeader(body, pixelsMax);
      if (typeof read === "string") return read;
      header = read;
    } else if (type === "PLTE") palette = body;
    else if (type === "tRNS") transparency = body;
    else if (type === "IDAT") data.push(body);
    else if (type === "IEND") return { header, palette, transparency, data: Buffer.concat(data) };
    else if (isCritical) return "broken_image";
  }
  return "broken_image";
}

function readHeader(body: Uint8Array, pixelsMax: number): Header | PictureFault {
  if (body.length !== 13) return "broken_image";
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  const [depth = 0, color = 0, compression, filter, interlace = 0] = body.subarray(8);
  const isKnown = depthsOf[color]?.includes(depth) && compression === 0 && filter === 0 && interlace <= 1;
  if (!isKnown || width === 0 || height === 0) return "broken_image";
  if (width * height > pixelsMax) return "image_too_large";
  return { width, height, depth, color, isInterlaced: interlace === 1 };
}

const adam7 = [
  { x: 0, y: 0, dx: 8, dy: 8 },
  { x: 4, y: 0, dx: 8, dy: 8 },
  { x: 0, y: 4, dx: 4, dy: 8 },
  { x: 2, y: 0, dx: 4, dy: 4 },
  { x: 0, y: 2, dx: 2, dy: 4 },
  { x: 1, y: 0, dx: 2, dy: 2 },
  { x: 0, y: 1, dx: 1, dy: 2 },
];

/** Undoes a line's filter in place: none, sub, up, average or Paeth. `false` for another. */
function unfilter(filter: number, line: Uint8Array, above: Uint8Array, step: number): boolean {
  if (filter > 4) return false;
  for (let i = 0; i < line.length; i++) {
    const a = i < step ? 0 : (line[i - step] ?? 0);
    const b = above[i] ?? 0;
    const value = line[i] ?? 0;
    if (filter === 1) line[i] = value + a;
    else if (filter === 2) line[i] = value + b;
    else if (filter === 3) line[i] = value + ((a + b) >> 1);
    else if (filter === 4) line[i] = value + paeth(a, b, i < step ? 0 : (above[i - step] ?? 0));
  }
  return true;
}

function paeth(a: number, b: number, c: number): number {
  const [pa, pb, pc] = [Math.abs(b - c), Math.abs(a - c), Math.abs(a + b - 2 * c)];
  return pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
}

/** Writes one decoded line to the canvas from pixel `start` on, every `step`-th; `false` when the palette lacks a colour. */
type Paint = (line: Uint8Array, columns: number, start: number, step: number) => boolean;

function painter({ header, palette, transparency }: Chunks, canvas: Uint8Array): Paint {
  const { depth, color } = header;
  const samples = samplesOf[color] ?? 1;
  const scale = depth < 8 && color === 0 ? 255 / (2 ** depth - 1) : 1;
  const sampleAt = (line: Uint8Array, i: number): number => {
    if (depth === 8) return line[i] ?? 0;
    if (depth === 16) return ((line[2 * i] ?? 0) << 8) | (line[2 * i + 1] ?? 0);
    const bit = i * depth;
    return ((line[bit >> 3] ?? 0) >> (8 - depth - (bit & 7))) & (2 ** depth - 1);
  };
  const to8 = (sample: number): number => (depth === 16 ? sample >> 8 : sample * scale);
  const key =
    transparency && color !== 3 ? Array.from({ length: samples }, (_, i) => word(transparency, i)) : undefined;
  const onWhite = (value: number, alpha: number): number => Math.round((value * alpha + 255 * (255 - alpha)) / 255);
  return (line, columns, start, step) => {
    for (let column = 0; column < columns; column++) {
      const first = column * samples;
      const at = (start + column * step) * 3;
      if (color === 3) {
        const index = sampleAt(line, column);
        if (!palette || 3 * index + 2 >= palette.length) return false;
        const alpha = transparency?.[index] ?? 255;
        for (let c = 0; c < 3; c++) canvas[at + c] = onWhite(palette[3 * index + c] ?? 0, alpha);
        continue;
      }
      const isKey = key?.every((value, i) => sampleAt(line, first + i) === value) ?? false;
      const alpha = isKey ? 0 : color >= 4 ? to8(sampleAt(line, first + samples - 1)) : 255;
      const isGrey = color === 0 || color === 4;
      for (let c = 0; c < 3; c++) canvas[at + c] = onWhite(to8(sampleAt(line, first + (isGrey ? 0 : c))), alpha);
    }
    return true;
  };
}

const word = (bytes: Uint8Array, i: number): number => ((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0);

/** An RGB picture, as grey when no pixel has a colour. */
export function withFewestChannels(width: number, height: number, rgb: Uint8Array): Picture {
  for (let i = 0; i < rgb.length; i += 3) {
    if (rgb[i] !== rgb[i + 1] || rgb[i] !== rgb[i + 2]) return { width, height, channels: 3, data: rgb };
  }
  const data = Uint8Array.from({ length: width * height }, (_, i) => rgb[3 * i] ?? 0);
  return { width, height, channels: 1, data };
}

/**
 * A PNG of stored, not compressed, blocks: the same pixels give the same bytes on every machine, which no deflate
 * promises.
 */
export function encodePng({ width, height, channels, data }: Picture): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, channels === 1 ? 0 : 2, 0, 0, 0], 8);
  const lineBytes = width * channels;
  const lines = Buffer.alloc(height * (1 + lineBytes)); // filter 0, then the samples
  for (let y = 0; y < height; y++) {
    lines.set(data.subarray(y * lineBytes, (y + 1) * lineBytes), y * (1 + lineBytes) + 1);
  }
  return Buffer.concat([
    signature,
    chunk("IHDR", header),
    chunk("IDAT", stored(lines)),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

function chunk(type: string, body: Uint8Array): Buffer {
  const out = Buffer.alloc(body.length + 12);
  out.writeUInt32BE(body.length, 0);
  out.write(type, 4, "latin1");
  out.set(body, 8);
  out.writeUInt32BE(crc32(out.subarray(4, body.length + 8)), body.length + 8);
  return out;
}

const blockBytesMax = 65_535;

/** RFC 1950 around stored blocks of RFC 1951. */
function stored(bytes: Uint8Array): Buffer {
  const parts: Uint8Array[] = [Uint8Array.of(0x78, 0x01)];
  for (let at = 0; at < bytes.length; at += blockBytesMax) {
    const block = bytes.subarray(at, at + blockBytesMax);
    const head = Buffer.alloc(5);
    head[0] = at + blockBytesMax >= bytes.length ? 1 : 0;
    head.writeUInt16LE(block.length, 1);
    head.writeUInt16LE(0xffff - block.length, 3);
    parts.push(head, block);
  }
  let [a, b] = [1, 0]; // Adler-32
  for (const byte of bytes) {
    a = (a + byte) % 65_521;
    b = (b + a) % 65_521;
  }
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(b * 65_536 + a);
  return Buffer.concat([...parts, sum]);
}
