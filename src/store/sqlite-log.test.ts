import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, it } from "vitest";
import { openConnection } from "./sqlite-connection.ts";
import { openLog } from "./sqlite-log.ts";

const folder = mkdtempSync(path.join(tmpdir(), "millrace-log-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

it("moves the log beside the writer, begins it anew when it is long, and loses nothing", async () => {
  const file = path.join(folder, "log.db");
  const writer = openConnection(file, "write");
  writer.script("create table notes (id integer primary key, text text not null)");
  const log = openLog(file, writer, { moveCommits: 10, pagesMax: 200 });
  const logPages = (): number => Math.floor(statSync(`${file}-wal`).size / 4_096);
  let written = 0;
  // each commit is some ten pages; the log of all of them would have more than 20,000
  for (; written < 2_000; written++) {
    writer.execute("insert into notes (text) values (?)", ["x".repeat(40_000)]);
    log.committed();
    await turn();
  }
  expect(logPages(), "pages in the log").toBeLessThan(6_000);
  await log.close();
  writer.close();

  const reader = openConnection(file, "read");
  expect(reader.execute("select count(*) as notes from notes", []).rows).toEqual([{ notes: written }]);
  expect(reader.execute("pragma integrity_check", []).rows).toEqual([{ integrity_check: "ok" }]);
  reader.close();
});

it("goes on while somebody reads an old state, which keeps the log from beginning anew", async () => {
  const file = path.join(folder, "read.db");
  const writer = openConnection(file, "write");
  writer.script("create table notes (id integer primary key, text text not null)");
  const log = openLog(file, writer, { moveCommits: 10, pagesMax: 20 });
  const reader = openConnection(file, "read");
  reader.script("begin; select count(*) from notes");
  for (let written = 0; written < 300; written++) {
    writer.execute("insert into notes (text) values (?)", ["x".repeat(4_000)]);
    log.committed();
    await turn();
  }
  expect(reader.execute("select count(*) as notes from notes", []).rows).toEqual([{ notes: 0 }]);
  reader.script("commit");
  expect(reader.execute("select count(*) as notes from notes", []).rows).toEqual([{ notes: 300 }]);
  reader.close();
  await log.close();
  writer.close();
});
