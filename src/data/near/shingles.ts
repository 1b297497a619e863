/**
 * What two texts are compared by: the set of their runs of three tokens, hashed. A token is a word where words are
 * written apart, and a single character in scripts that are not (Han, Kana, Thai, Lao, Khmer, Burmese). Case and
 * punctuation do not count. Ascending, no repeats; never empty.
 */
export function shinglesOf(text: string): Uint32Array {
  const tokens = tokenHashes(text.toLowerCase());
  const count = Math.max(tokens.length - width + 1, 1);
  const hashes = new Uint32Array(count);
  for (let i = 0; i < count; i++) {
    let h = 0;
    for (let j = i; j < Math.min(i + width, tokens.length); j++) h = mix(h, tokens[j] ?? 0);
    hashes[i] = h;
  }
  if (tokens.length === 0) hashes[0] = hashWhole(text);
  return distinct(hashes.sort());
}

/** Share of the shingles of two texts that both have: |A ∩ B| / |A ∪ B|. */
export function jaccard(a: Uint32Array, b: Uint32Array): number {
  let shared = 0;
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    const left = a[i] ?? 0;
    const right = b[j] ?? 0;
    if (left === right) shared++;
    if (left <= right) i++;
    if (right <= left) j++;
  }
  return shared / (a.length + b.length - shared);
}

const width = 3;

/** What a UTF-16 unit is to a token. Halves of surrogate pairs count as letters: emoji, rare Han. */
const unitKind = { separator: 0, letter: 1, whole: 2 } as const;

const unspaced =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
const letter = /[\p{L}\p{M}\p{N}\p{Surrogate}]/u;

const unitKinds: Uint8Array = Uint8Array.from({ length: 0x10000 }, (_, unit) => {
  const char = String.fromCharCode(unit);
  if (unspaced.test(char)) return unitKind.whole;
  return letter.test(char) ? unitKind.letter : unitKind.separator;
});

function tokenHashes(text: string): number[] {
  const tokens: number[] = [];
  let word = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    const kind = unitKinds[unit];
    if (kind === unitKind.letter) {
      word = Math.imul((word || offsetBasis) ^ unit, prime);
    } else {
      if (word !== 0) tokens.push(word);
      word = 0;
      if (kind === unitKind.whole) tokens.push(Math.imul(offsetBasis ^ unit, prime));
    }
  }
  if (word !== 0) tokens.push(word);
  return tokens;
}

const offsetBasis = 0x811c9dc5; // FNV-1a
const prime = 0x01000193;

/** One round of MurmurHash3. */
function mix(h: number, token: number): number {
  let k = Math.imul(token, 0xcc9e2d51);
  k = Math.imul((k << 15) | (k >>> 17), 0x1b873593);
  const mixed = h ^ k;
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) >>> 0;
}

function hashWhole(text: string): number {
  let h = offsetBasis;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), prime);
  return h >>> 0;
}

function distinct(ascending: Uint32Array): Uint32Array {
  let count = 0;
  for (let i = 0; i < ascending.length; i++) {
    const value = ascending[i] ?? 0;
    if (i === 0 || value !== ascending[count - 1]) ascending[count++] = value;
  }
  return ascending.slice(0, count);
}
