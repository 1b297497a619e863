/** Whether this browser, at this address, can make and use passkeys: over https and on localhost only. */
export const hasPasskeys = (): boolean =>
  "PublicKeyCredential" in globalThis && "parseCreationOptionsFromJSON" in PublicKeyCredential;

/** As the routes of passkeys tell and take it. */
interface Credential {
  readonly id: string;
  readonly rawId: string;
  readonly type: "public-key";
  readonly response: { readonly clientDataJSON: string };
}

/** Asks the device for a new passkey. Throws the browser's own error when the person or the device says no. */
export async function makePasskey(options: { readonly challenge: string }): Promise<Credential> {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options as PublicKeyCredentialCreationOptionsJSON);
  return toJson(await navigator.credentials.create({ publicKey }));
}

/** Asks the device to sign with a passkey that it has. */
export async function signWithPasskey(options: { readonly challenge: string }): Promise<Credential> {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
  return toJson(await navigator.credentials.get({ publicKey }));
}

function toJson(made: unknown): Credential {
  if (!(made instanceof PublicKeyCredential)) throw new TypeError("The device gave no passkey.");
  return made.toJSON() as Credential;
}
