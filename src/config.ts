import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { Refusal } from "./kernel/errors.ts";
import { type Currency, type Nanos, currencies, parseAmount } from "./kernel/money.ts";
import { networks } from "./kernel/networks.ts";
import { Secret } from "./kernel/secret.ts";

/** The only file that reads the environment. Flag, then environment, then `millrace.json`, then the default. */

const settings = {
  host: { env: "MILLRACE_HOST", fallback: "127.0.0.1", help: "address the server listens on" },
  port: { env: "MILLRACE_PORT", fallback: "4100", help: "port the server listens on; 0 picks a free one" },
  currency: { env: "MILLRACE_CURRENCY", fallback: "usd", help: "currency of new plans and of costs" },
  seller_name: { env: "MILLRACE_SELLER_NAME", fallback: "Your company", help: "who issues the invoices" },
  compute_price_per_hour: {
    env: "MILLRACE_COMPUTE_PRICE_PER_HOUR",
    fallback: "0.10",
    help: "what one hour of this machine's inference costs you; gives each prediction its cost",
  },
  threads: { env: "MILLRACE_THREADS", fallback: "1", help: "threads of training; leave one core to the server" },
  log_level: { env: "MILLRACE_LOG_LEVEL", fallback: "info", help: "fatal, error, warn, info, debug or silent" },
  database_url: { env: "DATABASE_URL", fallback: "", help: "postgres://… moves everything but blobs to Postgres" },
  pepper: { env: "MILLRACE_PEPPER", fallback: "", help: "key of all secret hashes; replicas must share it" },
  stripe_api_key: { env: "STRIPE_API_KEY", fallback: "", help: "takes payments by Stripe; empty takes transfers only" },
  stripe_webhook_secret: { env: "STRIPE_WEBHOOK_SECRET", fallback: "", help: "checks what Stripe tells us" },
  webhooks_inside: {
    env: "MILLRACE_WEBHOOKS_INSIDE",
    fallback: "false",
    help: "true lets webhooks reach addresses of this machine and its networks",
  },
  public_url: {
    env: "MILLRACE_PUBLIC_URL",
    fallback: "",
    help: "where people open the console, https://…; makes cookies secure and links right",
  },
  audit_days: { env: "MILLRACE_AUDIT_DAYS", fallback: "400", help: "how long the audit log is kept" },
  trusted_proxies: {
    env: "MILLRACE_TRUSTED_PROXIES",
    fallback: "",
    help: "proxies whose X-Forwarded-For is believed: addresses and networks, with commas",
  },
  otlp_endpoint: { env: "OTEL_EXPORTER_OTLP_ENDPOINT", fallback: "", help: "where traces go; empty sends none" },
} as const;

type SettingName = keyof typeof settings;

const secretSettings: ReadonlySet<string> = new Set([
  "database_url",
  "pepper",
  "stripe_api_key",
  "stripe_webhook_secret",
]);

const fileSchema = z.strictObject({
  host: z.string().optional(),
  port: z.number().int().min(0).max(65_535).optional(),
  currency: z.enum(currencies as [Currency, ...Currency[]]).optional(),
  seller_name: z.string().min(1).max(200).optional(),
  compute_price_per_hour: z.string().optional(),
  threads: z.number().int().min(1).max(256).optional(),
  log_level: z.enum(["fatal", "error", "warn", "info", "debug", "silent"]).optional(),
  webhooks_inside: z.boolean().optional(),
  public_url: z.string().optional(),
  audit_days: z.number().int().min(1).max(36_500).optional(),
  trusted_proxies: z.string().optional(),
  otlp_endpoint: z.string().optional(),
});

/** Refuses what is no address: else a proxy would be believed that nobody named. */
function proxiesFrom(text: string): string[] {
  const list = text.split(",").map((part) => part.trim());
  const proxies = list.filter((part) => part !== "");
  networks(proxies, "trusted_proxies");
  return proxies;
}

const schema = z.object({
  host: z.string().min(1),
  port: z.coerce.number().int().min(0).max(65_535),
  currency: z.enum(currencies as [Currency, ...Currency[]]),
  seller_name: z.string().min(1).max(200),
  compute_price_per_hour: z.string().transform((text) => parseAmount(text, "compute_price_per_hour")),
  threads: z.coerce.number().int().min(1).max(256),
  log_level: z.enum(["fatal", "error", "warn", "info", "debug", "silent"]),
  database_url: z.union([z.literal(""), z.string().regex(/^postgres(ql)?:\/\//, "starts with postgres://")]),
  pepper: z.union([z.literal(""), z.string().min(32, "has at least 32 characters")]),
  stripe_api_key: z.string(),
  stripe_webhook_secret: z.string(),
  webhooks_inside: z.enum(["true", "false"]),
  public_url: z.union([
    z.literal(""),
    z.string().regex(/^https?:\/\/[^/?#]+\/?$/, "is like https://millrace.example.com, without a path"),
  ]),
  audit_days: z.coerce.number().int().min(1).max(36_500),
  trusted_proxies: z.string().transform(proxiesFrom),
  otlp_endpoint: z.union([z.literal(""), z.url()]),
});

/** One effective setting, for `config show`: secrets are never in `value`. */
export interface ShownSetting {
  readonly name: string;
  readonly value: string;
  readonly source: "environment" | "millrace.json" | "data folder" | "default";
  readonly env: string;
  readonly help: string;
}

export interface Config {
  readonly folder: string;
  readonly host: string;
  readonly port: number;
  readonly currency: Currency;
  readonly sellerName: string;
  readonly computePriceNanosPerHour: Nanos;
  readonly threads: number;
  readonly logLevel: "fatal" | "error" | "warn" | "info" | "debug" | "silent";
  readonly databaseUrl: string | undefined;
  readonly pepper: Secret;
  /** Undefined unless both of its keys are set. */
  readonly stripe: { readonly apiKey: Secret; readonly webhookSecret: Secret } | undefined;
  readonly webhooksInside: boolean;
  /** Without a slash at its end. */
  readonly publicUrl: string | undefined;
  readonly auditDays: number;
  readonly trustedProxies: readonly string[];
  readonly otlpEndpoint: string | undefined;
  readonly shown: readonly ShownSetting[];
}

const defaultFolder = ".millrace";
const configFile = "millrace.json";
const pepperFile = "pepper.secret";

/** Where the data folder is, before anything in it is read. */
export function dataFolder(flag: string | undefined, env: NodeJS.ProcessEnv = process.env): string {
  return path.resolve(flag ?? env["MILLRACE_DATA"] ?? defaultFolder);
}

/** Reads and checks everything. Refuses a folder that `millrace init` has not made. */
export function loadConfig(folder: string, env: NodeJS.ProcessEnv = process.env): Config {
  const fromFile = readConfigFile(folder);
  const texts: Record<string, string> = {};
  const shown: ShownSetting[] = [];
  for (const [name, { env: variable, fallback, help }] of Object.entries(settings)) {
    const inFile = fromFile[name as keyof typeof fromFile];
    const inEnv = env[variable];
    const source = inEnv !== undefined && inEnv !== "" ? "environment" : inFile === undefined ? "default" : configFile;
    const text = source === "environment" ? (inEnv ?? "") : String(inFile ?? fallback);
    texts[name] = text;
    const hidden = secretSettings.has(name) && text !== "";
    shown.push({ name, value: hidden ? "(set, hidden)" : text || "(not set)", source, env: variable, help });
  }
  const parsed = schema.safeParse(texts);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const name = String(issue?.path[0]);
    throw new Refusal("invalid_request", `The setting ${name} is wrong: ${issue?.message}.`, {
      param: name,
      hint: `Change it in ${configFile} or in ${settings[name as SettingName]?.env ?? "the environment"}.`,
    });
  }
  const values = parsed.data;
  return {
    folder,
    host: values.host,
    port: values.port,
    currency: values.currency,
    sellerName: values.seller_name,
    computePriceNanosPerHour: values.compute_price_per_hour,
    threads: values.threads,
    logLevel: values.log_level,
    databaseUrl: values.database_url || undefined,
    pepper: new Secret(values.pepper || readPepper(folder)),
    stripe:
      values.stripe_api_key && values.stripe_webhook_secret
        ? { apiKey: new Secret(values.stripe_api_key), webhookSecret: new Secret(values.stripe_webhook_secret) }
        : undefined,
    webhooksInside: values.webhooks_inside === "true",
    publicUrl: values.public_url.replace(/\/$/, "") || undefined,
    auditDays: values.audit_days,
    trustedProxies: values.trusted_proxies,
    otlpEndpoint: values.otlp_endpoint || undefined,
    shown: shown.map((setting) =>
      setting.name === "pepper" && setting.source === "default"
        ? { ...setting, value: "(set, hidden)", source: "data folder" as const }
        : setting,
    ),
  };
}

function readConfigFile(folder: string): z.infer<typeof fileSchema> {
  const file = path.join(folder, configFile);
  if (!existsSync(file)) {
    throw new Refusal("not_found", `There is no Millrace in ${folder}.`, {
      hint: "Make one: millrace init (or name another folder with --data).",
    });
  }
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new Refusal("invalid_data", `${file} is not JSON: ${(error as Error).message}.`, {
      hint: "Repair the file.",
    });
  }
  const parsed = fileSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Refusal("invalid_data", `${file}: ${issue?.path.join(".") || "the file"}: ${issue?.message}.`, {
    hint: "Repair the file; `millrace config show` lists every setting.",
  });
}

function readPepper(folder: string): string {
  const file = path.join(folder, pepperFile);
  if (existsSync(file)) return readFileSync(file, "utf8").trim();
  throw new Refusal(
    "not_found",
    `The file ${pepperFile} is missing from ${folder}: no key can be checked without it.`,
    {
      hint: "Restore it from a backup, or set MILLRACE_PEPPER.",
    },
  );
}

/** Makes the folder with its settings file and its pepper. False when it was there already. */
export function initFolder(folder: string): boolean {
  const file = path.join(folder, configFile);
  if (existsSync(file)) return false;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const pepper = path.join(folder, pepperFile);
  if (!existsSync(pepper)) writeFileSync(pepper, `${randomBytes(32).toString("base64url")}\n`, { mode: 0o600 });
  writeFileSync(file, `${JSON.stringify({ currency: "usd", compute_price_per_hour: "0.10" }, null, 2)}\n`);
  return true;
}
