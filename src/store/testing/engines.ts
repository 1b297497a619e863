import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import pg from "pg";
import { describe } from "vitest";
import { type Clock, manualClock } from "../../kernel/clock.ts";
import { migratePostgres, migrateSqlite } from "../migrations.ts";
import { type Store, openStore } from "../store.ts";

/** Opens an empty store of one engine; everything it left is removed by `dispose`. */
export interface TestStores {
  readonly engine: "sqlite" | "postgres";
  open(clock?: Clock): Promise<{ store: Store; url: string | undefined; folder: string; dispose: () => Promise<void> }>;
}

/** The start of the tests' time: 2026-01-01T00:00:00Z. */
export const testEpochMs = 1_767_225_600_000;

/** The same suite on SQLite and on a real Postgres server. Without Debian's binaries the second says it is skipped. */
export function describeEachEngine(title: string, suite: (stores: TestStores) => void): void {
  describe(`${title} (sqlite)`, () => {
    suite(sqliteStores);
  });
  const server = postgresServerUrl();
  describe.skipIf(server === undefined)(`${title} (postgres)`, () => {
    suite(postgresStores(server ?? ""));
  });
}

export const sqliteStores: TestStores = {
  engine: "sqlite",
  async open(clock = manualClock(testEpochMs)) {
    const folder = mkdtempSync(path.join(tmpdir(), "millrace-test-"));
    const empty = process.env[emptySqlite];
    if (empty) copyFileSync(empty, path.join(folder, "millrace.db"));
    const store = await openStore({ folder, clock });
    const dispose = async (): Promise<void> => {
      await store.close();
      rmSync(folder, { recursive: true, force: true });
    };
    return { store, url: undefined, folder, dispose };
  },
};

function postgresStores(serverUrl: string): TestStores {
  return {
    engine: "postgres",
    async open(clock = manualClock(testEpochMs)) {
      const folder = mkdtempSync(path.join(tmpdir(), "millrace-test-"));
      const name = `t_${path
        .basename(folder)
        .replace(/[^a-z0-9]/gi, "")
        .toLowerCase()}`;
      await asAdmin(serverUrl, `create database ${name} template ${emptyPostgres}`);
      const url = databaseAt(serverUrl, name);
      const store = await openStore({ folder, databaseUrl: url, clock });
      const dispose = async (): Promise<void> => {
        await store.close();
        await asAdmin(serverUrl, `drop database ${name} with (force)`);
        rmSync(folder, { recursive: true, force: true });
      };
      return { store, url, folder, dispose };
    },
  };
}

/*
 * Bringing an empty database up to date takes longer than most tests. A test run does it once for each engine; every store is
 * opened over a copy.
 */
const emptySqlite = "MILLRACE_TEST_SQLITE";
const emptyPostgres = "millrace_empty";

/** Called once by the test run's global set-up. */
export function makeEmptySqlite(folder: string): void {
  const file = path.join(folder, "empty.db");
  migrateSqlite(file, testEpochMs);
  process.env[emptySqlite] = file;
}

/** The same on the test run's server. */
export async function makeEmptyPostgres(serverUrl: string): Promise<void> {
  await asAdmin(serverUrl, `create database ${emptyPostgres}`);
  await migratePostgres(databaseAt(serverUrl, emptyPostgres), testEpochMs);
}

function databaseAt(serverUrl: string, name: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}

async function asAdmin(serverUrl: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: serverUrl });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

/** Set by the test run's global set-up, which starts and stops the server. */
export function postgresServerUrl(): string | undefined {
  return process.env["MILLRACE_TEST_POSTGRES"];
}

/** A throw-away server of our own. */
export interface TestPostgres {
  readonly url: string;
  /** It dies as if the power had gone, but for the files. */
  halt(): void;
  resume(): void;
  stop(): void;
}

/** Starts a throw-away server from Debian's binaries. Undefined where they are missing. */
export function startPostgres(): TestPostgres | undefined {
  const bin = findPostgresBin();
  if (!bin) return undefined;
  const folder = mkdtempSync(path.join(tmpdir(), "millrace-pg-"));
  const asServerUser = process.getuid?.() === 0 ? ["runuser", "-u", "postgres", "--"] : [];
  if (asServerUser.length > 0) {
    chmodSync(folder, 0o755);
    execFileSync("chown", ["postgres", folder]);
  }
  const call = (program: string, ...args: string[]): void => {
    const [command = "", ...rest] = [...asServerUser, path.join(bin, program), ...args];
    execFileSync(command, rest, { stdio: ["ignore", "ignore", "pipe"], cwd: folder });
  };
  const data = path.join(folder, "data");
  call("initdb", "-D", data, "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8");
  const options = `-c listen_addresses='' -c unix_socket_directories='${folder}' -c fsync=off -c max_connections=200`;
  const resume = (): void => call("pg_ctl", "-D", data, "-o", options, "-l", path.join(folder, "log"), "-w", "start");
  const halt = (): void => call("pg_ctl", "-D", data, "-m", "immediate", "-w", "stop");
  resume();
  return {
    url: `postgres://postgres@localhost/postgres?host=${encodeURIComponent(folder)}`,
    halt,
    resume,
    stop() {
      halt();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function findPostgresBin(): string | undefined {
  const root = "/usr/lib/postgresql";
  if (!existsSync(root)) return undefined;
  const versions = readdirSync(root).sort((a, b) => Number(b) - Number(a));
  return versions.map((version) => path.join(root, version, "bin")).find((bin) => existsSync(path.join(bin, "initdb")));
}
