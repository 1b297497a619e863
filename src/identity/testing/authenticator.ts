import { createHash, createSign, generateKeyPairSync, randomBytes } from "node:crypto";

/** A device with one passkey, in software: makes the same bytes that a browser's `toJSON()` gives. */
export interface Authenticator {
  create(options: { readonly challenge: string }, site: string): PasskeyJson;
  get(options: { readonly challenge: string }, site: string, how?: Partial<Signing>): PasskeyJson;
}

export interface PasskeyJson {
  readonly id: string;
  readonly rawId: string;
  readonly type: "public-key";
  readonly response: { readonly [name: string]: string };
  readonly clientExtensionResults: object;
}

export interface Signing {
  /** Whether the device checked who it is. */
  readonly verified: boolean;
  readonly counter: number;
}

const url = (bytes: Uint8Array | string): string => Buffer.from(bytes).toString("base64url");
const digest = (bytes: Uint8Array | string): Buffer => createHash("sha256").update(bytes).digest();

export function openAuthenticator(): Authenticator {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const jwk = publicKey.export({ format: "jwk" });
  const id = randomBytes(32);
  let used = 0;
  const base = { id: url(id), rawId: url(id), type: "public-key" as const, clientExtensionResults: {} };
  const clientData = (type: string, challenge: string, origin: string): Buffer =>
    Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false }));
  const authData = (site: string, flags: number, counter: number, rest = Buffer.alloc(0)): Buffer => {
    const count = Buffer.alloc(4);
    count.writeUInt32BE(counter);
    return Buffer.concat([digest(new URL(site).hostname), Buffer.from([flags]), count, rest]);
  };
  return {
    create({ challenge }, site) {
      // COSE: kty EC2, alg ES256, curve P-256, x, y
      const key = cborMap([
        [int(1), int(2)],
        [int(3), int(-7)],
        [int(-1), int(1)],
        [int(-2), bytes(Buffer.from(jwk.x ?? "", "base64url"))],
        [int(-3), bytes(Buffer.from(jwk.y ?? "", "base64url"))],
      ]);
      const length = Buffer.from([0, id.length]);
      const data = authData(site, 0x45, used, Buffer.concat([Buffer.alloc(16), length, id, key]));
      const attestation = cborMap([
        [text("fmt"), text("none")],
        [text("attStmt"), cborMap([])],
        [text("authData"), bytes(data)],
      ]);
      const clientDataJSON = url(clientData("webauthn.create", challenge, site));
      return { ...base, response: { clientDataJSON, attestationObject: url(attestation) } };
    },
    get({ challenge }, site, { verified = true, counter = ++used } = {}) {
      const data = authData(site, verified ? 0x05 : 0x01, counter);
      const client = clientData("webauthn.get", challenge, site);
      const signature = createSign("sha256")
        .update(Buffer.concat([data, digest(client)]))
        .sign(privateKey);
      const response = { clientDataJSON: url(client), authenticatorData: url(data), signature: url(signature) };
      return { ...base, response };
    },
  };
}

/** As much of CBOR (RFC 8949) as a passkey needs. */
function head(major: number, value: number): Buffer {
  if (value < 24) return Buffer.from([(major << 5) | value]);
  if (value < 256) return Buffer.from([(major << 5) | 24, value]);
  return Buffer.from([(major << 5) | 25, value >> 8, value & 255]);
}

const int = (value: number): Buffer => (value >= 0 ? head(0, value) : head(1, -1 - value));
const bytes = (value: Buffer): Buffer => Buffer.concat([head(2, value.length), value]);
const text = (value: string): Buffer => Buffer.concat([head(3, value.length), Buffer.from(value)]);
const cborMap = (pairs: readonly (readonly [Buffer, Buffer])[]): Buffer =>
  Buffer.concat([head(5, pairs.length), ...pairs.flat()]);
