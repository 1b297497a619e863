import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import { Refusal } from "../kernel/errors.ts";
import { limits } from "../kernel/limits.ts";

/** scrypt (RFC 7914): N = 2^logN blocks of 128·r bytes each, p times over. */
export interface PasswordCost {
  readonly logN: number;
  readonly r: number;
  readonly p: number;
}

/** 32 MB and about 0.25 s each; one of the settings that OWASP's password storage sheet gives for scrypt. */
export const passwordCost: PasswordCost = { logN: 15, r: 8, p: 3 };

/** Hashes and compares passwords, a few at once. */
export interface Passwords {
  /** `scrypt$logN$r$p$salt$hash`. Refusal `unavailable` when too many wait. */
  hash(password: string): Promise<string>;
  /** Null is nobody's password: it takes as long and never matches. */
  matches(password: string, stored: string | null): Promise<boolean>;
}

export function openPasswords(cost: PasswordCost = passwordCost): Passwords {
  const limited = limiter(limits.passwordsAtOnce, limits.passwordsWaitingMax);
  const derive = (password: string, salt: Buffer, how: PasswordCost): Promise<Buffer> =>
    limited(() => deriveKey(password.normalize("NFKC"), salt, how));
  const nobody = { cost, salt: randomBytes(16), hash: randomBytes(32) };
  return {
    async hash(password) {
      const salt = randomBytes(16);
      const { logN, r, p } = cost;
      const key = await derive(password, salt, cost);
      return ["scrypt", logN, r, p, salt.toString("base64url"), key.toString("base64url")].join("$");
    },
    async matches(password, stored) {
      const known = stored === null ? nobody : parse(stored);
      const key = await derive(password, known.salt, known.cost);
      return timingSafeEqual(key, known.hash) && stored !== null;
    },
  };
}

function parse(stored: string): { cost: PasswordCost; salt: Buffer; hash: Buffer } {
  const [, logN, r, p, salt = "", hash = ""] = stored.split("$");
  const cost = { logN: Number(logN), r: Number(r), p: Number(p) };
  return { cost, salt: Buffer.from(salt, "base64url"), hash: Buffer.from(hash, "base64url") };
}

function deriveKey(password: string, salt: Buffer, { logN, r, p }: PasswordCost): Promise<Buffer> {
  const N = 2 ** logN;
  return new Promise((resolve, reject) => {
    scrypt(password, salt, 32, { N, r, p, maxmem: 2 * 128 * N * r }, (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });
}

/** Runs so many at once, lets so many wait, and refuses the rest. */
function limiter(atOnce: number, waitingMax: number): <T>(work: () => Promise<T>) => Promise<T> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (running >= atOnce) {
      if (waiting.length >= waitingMax)
        throw new Refusal("unavailable", "Too many sign in at this moment.", { retryAfterSeconds: 2 });
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else running++;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running--;
    }
  };
}

const refused = (message: string, param: string): Refusal =>
  new Refusal("invalid_request", message, { param, hint: "A few words that belong to nothing else are a good one." });

/** Length counts most (NIST SP 800-63B): no rules about kinds of letters. */
export function assertPassword(
  password: string,
  about: { readonly email: string | null; readonly name: string },
  param = "password",
): void {
  const { passwordCharsMin: least, passwordCharsMax: most } = limits;
  if (password.length < least || password.length > most)
    throw refused(`A password has ${least} to ${most} characters.`, param);
  if (new Set(password).size < 5) throw refused("A password has at least five different characters.", param);
  const told = [about.email, about.email?.split("@")[0], about.name].map((word) => word?.toLowerCase());
  if (told.includes(password.toLowerCase())) throw refused("A password is not one's name or address.", param);
  if (common.test(password)) throw refused("This is one of the passwords that everybody tries first.", param);
}

const common = /^(password|passw0rd|qwerty|qwertyuiop|letmein|welcome|iloveyou|administrator|millrace)?[0-9!@#$%]*$/i;
