import { randomBytes } from "node:crypto";

/** Every kind of object that has an id, with the prefix its ids carry. */
export const idPrefixes = {
  account: "acc",
  addon: "add",
  allocation: "alc",
  attribution: "att",
  auditEvent: "aud",
  budget: "bud",
  change: "chg",
  commission: "com",
  coupon: "cpn",
  creditGrant: "crg",
  creditNote: "cn",
  customer: "cus",
  dataset: "ds",
  datasetVersion: "dsv",
  endpoint: "ep",
  entry: "ent",
  event: "evt",
  evaluation: "evl",
  example: "ex",
  feedback: "fb",
  hold: "hold",
  invoice: "inv",
  invoiceItem: "itm",
  invoiceLine: "il",
  job: "job",
  key: "key",
  model: "mdl",
  operatorKey: "opk",
  partner: "par",
  passkey: "pkey",
  payment: "pay",
  period: "per",
  plan: "plan",
  posting: "pst",
  prediction: "pred",
  redemption: "rdm",
  price: "price",
  product: "prod",
  rateCard: "rc",
  refund: "rfd",
  release: "rel",
  request: "req",
  review: "rev",
  run: "run",
  search: "srch",
  session: "ses",
  signInLink: "sil",
  statement: "stm",
  subscription: "sub",
  taxRate: "txr",
  trial: "try",
  turn: "turn",
  upload: "upl",
  upstream: "ups",
  upstreamModel: "upm",
  upstreamRateCard: "urc",
  upstreamRoute: "rt",
  usageEvent: "use",
  user: "usr",
  usageThreshold: "uth",
  verdict: "vdt",
  webhook: "whk",
  webhookDelivery: "whd",
} as const;

export type IdKind = keyof typeof idPrefixes;

/** An id that carries its kind: `Id<"invoice">` is `` `inv_${string}` ``. */
export type Id<K extends IdKind> = `${(typeof idPrefixes)[K]}_${string}`;

const alphabet = "0123456789abcdefghjkmnpqrstvwxyz"; // Crockford base 32: sorts as text in the order of its value

/** 10 characters of time (ms) and 16 of randomness: ids of one kind sort by the time they were made. */
export function newId<K extends IdKind>(kind: K, nowMs: number, entropy: Uint8Array = freshEntropy()): Id<K> {
  const tail = `${base32(bytesAt(entropy, 0), 8)}${base32(bytesAt(entropy, 5), 8)}`;
  return `${idPrefixes[kind]}_${base32(nowMs, 10)}${tail}` as Id<K>;
}

/** The last `chars` digits of a whole number below 2^53. */
function base32(value: number, chars: number): string {
  let text = "";
  let rest = value;
  for (let i = 0; i < chars; i++) {
    text = alphabet.charAt(rest % 32) + text;
    rest = Math.floor(rest / 32);
  }
  return text;
}

/** Five bytes as one number. */
function bytesAt(bytes: Uint8Array, from: number): number {
  let value = 0;
  for (let i = from; i < from + 5; i++) value = value * 256 + (bytes[i] ?? 0);
  return value;
}

type Draw = (bytes: number) => Uint8Array;

const entropyPool: { draw: Draw; bytes: Uint8Array; used: number } = {
  draw: randomBytes,
  bytes: new Uint8Array(),
  used: 0,
};

/** For simulations, where a seed decides everything: the ids of this thread are drawn so until the answer is called. */
export function drawIdsFrom(draw: Draw): () => void {
  Object.assign(entropyPool, { draw, bytes: new Uint8Array(), used: 0 });
  return () => void Object.assign(entropyPool, { draw: randomBytes, bytes: new Uint8Array(), used: 0 });
}

/** 10 random bytes, each given out once; drawn from the system by the hundred, because asking costs more than the id. */
function freshEntropy(): Uint8Array {
  if (entropyPool.used + 10 > entropyPool.bytes.length) {
    entropyPool.bytes = entropyPool.draw(4_000);
    entropyPool.used = 0;
  }
  entropyPool.used += 10;
  return entropyPool.bytes.subarray(entropyPool.used - 10, entropyPool.used);
}

/** When an id was made, in Unix ms: the time that it carries. */
export function timeOfId(id: string): number {
  let ms = 0;
  for (const letter of id.slice(id.indexOf("_") + 1).slice(0, 10)) ms = ms * 32 + alphabet.indexOf(letter);
  return ms;
}

/** Sorts before every id of a kind made at `ms` or later, and after every earlier one: rows since then, by primary key. */
export function idsSince(kind: IdKind, ms: number): string {
  return `${idPrefixes[kind]}_${base32(Math.max(0, ms), 10)}`;
}

/** Whether `value` is written like an id of this kind (it need not exist). */
export function isId<K extends IdKind>(kind: K, value: string): value is Id<K> {
  return value.startsWith(`${idPrefixes[kind]}_`) && /^[0-9a-z]{26}$/.test(value.slice(idPrefixes[kind].length + 1));
}
