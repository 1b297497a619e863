import { existsSync, readdirSync, utimesSync } from "node:fs";
import { connect } from "node:net";
import path from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { importJobs, sweepUploads } from "../data/index.ts";
import { limits } from "../kernel/limits.ts";
import { runOneJob } from "../store/index.ts";
import { describeEachEngine, sqliteStores } from "../store/testing/engines.ts";
import { openBrowser } from "./testing/people.ts";
import { type TestServer, openTestServer } from "./testing/server.ts";

type Json = Record<string, unknown> & { readonly id: string };

const hostileName = `../../<img src=x onerror="alert(1)">.csv`;
const rows = (count: number): string =>
  Array.from({ length: count }, (_, i) => `question ${i} of ${i * 7919},${i % 2 ? "yes" : "no"},p${i % 5}`).join("\n");

/** What a client of the routes does. */
function clientOf(server: () => TestServer) {
  async function call(
    method: "GET" | "POST",
    url: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = server().operator,
  ) {
    const type = Buffer.isBuffer(body) ? "application/octet-stream" : "application/json";
    const payload = Buffer.isBuffer(body) ? body : body === undefined ? undefined : JSON.stringify(body);
    const sent = payload === undefined ? {} : { payload };
    return server().app.inject({ method, url, headers: { ...headers, "content-type": type }, ...sent });
  }
  async function made(url: string, body: unknown = {}): Promise<Json> {
    const answer = await call("POST", url, body);
    expect(answer.statusCode, answer.body).toBeLessThan(300);
    return answer.json();
  }
  /** The whole of a file in one piece; its id. */
  async function sent(name: string, text: string): Promise<string> {
    const bytes = Buffer.from(text);
    const { id } = await made("/admin/v1/uploads", { name, bytes: bytes.length });
    await made(`/admin/v1/uploads/${id}/append?at=0`, bytes);
    return id;
  }
  async function read(url: string): Promise<Json> {
    const answer = await call("GET", url);
    expect(answer.statusCode, answer.body).toBe(200);
    return answer.json();
  }
  return { call, made, sent, read };
}

const filesIn = ({ folder }: TestServer): string[] => {
  const uploads = path.join(folder, "uploads");
  return existsSync(uploads) ? readdirSync(uploads) : [];
};

describeEachEngine("importing over HTTP", (stores) => {
  let server: TestServer;
  let job: Parameters<typeof runOneJob>[0];
  beforeAll(async () => {
    server = await openTestServer(stores);
    const { store, clock } = server.deps;
    job = { store, now: () => clock.now(), owner: "test", handlers: importJobs({ store, clock }) };
  });
  afterAll(() => server.close());
  const { call, made, sent, read } = clientOf(() => server);

  it("a file in pieces becomes a version, with what was dropped and why; nothing of it stays behind", async () => {
    const text = `text,answer,who\n${rows(60)}\n,yes,p1\nquestion 0 of 0,no,p0`;
    const bytes = Buffer.from(text);
    const upload = await made("/admin/v1/uploads", { name: hostileName, bytes: bytes.length });
    await made(`/admin/v1/uploads/${upload.id}/append?at=0`, bytes.subarray(0, 100));
    await made(`/admin/v1/uploads/${upload.id}/append?at=50`, bytes.subarray(50, 400)); // sent again: the same bytes
    expect(await read(`/admin/v1/uploads/${upload.id}`)).toMatchObject({ received: 400, name: hostileName });
    await made(`/admin/v1/uploads/${upload.id}/append?at=400`, bytes.subarray(400));
    expect(await read(`/admin/v1/uploads/${upload.id}/preview`)).toMatchObject({
      format: "csv",
      columns: ["text", "answer", "who"],
      guess: { input: "text", label: "answer" },
    });
    const begun = await made("/admin/v1/imports", {
      upload: upload.id,
      dataset: "questions",
      kind: "text",
      label: "answer",
    });
    expect(begun).toMatchObject({ object: "import", state: "queued", file: hostileName, version: null });
    await runOneJob(job, begun.id);
    const done = await read(`/admin/v1/imports/${begun.id}`);
    const [at] = [{ file: `<img src=x onerror="alert(1)">.csv`, row: 62, reason: "missing_input" }];
    expect(done).toMatchObject({
      state: "done",
      number: 1,
      outcome: "created",
      report: {
        rows: { read: 62, rejected: 1, duplicates: 1, added: 60 },
        rejections: { listed: [at] },
        source: { path: hostileName, format: "csv" },
      },
    });
    expect(await read(`/admin/v1/dataset-versions/${done["version"] as string}`)).toMatchObject({ number: 1 });
    expect(JSON.stringify(done)).not.toContain(server.folder);
    expect(filesIn(server)).toEqual([]);
  });

  it("a table: its columns, its group, its numbers", async () => {
    const upload = await sent(
      "t.tsv",
      `a\tb\tscore\n${Array.from({ length: 30 }, (_, i) => `${i}\tx${i}\t${i / 2}`).join("\n")}`,
    );
    const begun = await made("/admin/v1/imports", {
      upload,
      dataset: "scores",
      kind: "table",
      columns: ["a"],
      group: "b",
      label: "score",
      target: "number",
    });
    await runOneJob(job, begun.id);
    expect(await read(`/admin/v1/imports/${begun.id}`)).toMatchObject({
      state: "done",
      report: { data: "table", rows: { added: 30 }, numbers: { max: 14.5 } },
    });
  });

  it("what only the whole file shows fails the import by the name of the file, and the upload stays to be tried again", async () => {
    const upload = await sent("one.csv", `text,label\n${rows(5).replaceAll(/,(yes|no),p\d/g, ",same")}`);
    const begun = await made("/admin/v1/imports", { upload, dataset: "one-class", kind: "text" });
    await runOneJob(job, begun.id);
    const failed = await read(`/admin/v1/imports/${begun.id}`);
    expect(failed).toMatchObject({ state: "failed", version: null });
    expect(failed["reason"]).toMatch(/^Every row of one\.csv has the label "same".*Add rows/);
    expect(await read("/admin/v1/datasets/one-class")).toMatchObject({ versions: 0 });
    expect(await read(`/admin/v1/uploads/${upload}/preview`)).toMatchObject({ columns: ["text", "label"] });
    await made(`/admin/v1/uploads/${upload}/discard`);
    expect(filesIn(server)).toEqual([]);
  });

  it("cancelled before it begins, nothing happens", async () => {
    const upload = await sent("c.csv", `text,label\n${rows(5)}`.replaceAll(/,p\d/g, ""));
    const begun = await made("/admin/v1/imports", { upload, dataset: "cancelled", kind: "text" });
    expect(await made(`/admin/v1/imports/${begun.id}/cancel`)).toMatchObject({ state: "cancelled" });
    expect(await runOneJob(job, begun.id)).toBeUndefined();
    expect(await read("/admin/v1/datasets/cancelled")).toMatchObject({ versions: 0 });
    await made(`/admin/v1/uploads/${upload}/discard`);
  });

  describe("is refused", () => {
    let whole = "";
    let half = "";
    let notJson = "";
    beforeAll(async () => {
      whole = await sent("w.csv", "text,answer\none,a\ntwo,b");
      notJson = await sent("n.json", '[{"text": "one"');
      half = (await made("/admin/v1/uploads", { name: "h.csv", bytes: 10 })).id;
      await made("/admin/v1/datasets", { name: "pictures", kind: "image" });
    });
    const absent = "upl_00000000000000000000000000";
    const cases: readonly [story: string, url: string, body: unknown, status: number, says: RegExp][] = [
      ["a file over the limit", "/uploads", { name: "a.csv", bytes: limits.uploadBytesMax + 1 }, 413, /are the limit/],
      ["an empty file", "/uploads", { name: "a.csv", bytes: 0 }, 400, /bytes/],
      ["a hole", "/uploads/HALF/append?at=5", Buffer.from("12345"), 409, /would leave a hole/],
      ["more bytes than announced", "/uploads/HALF/append?at=0", Buffer.alloc(11, 65), 400, /announced with 10/],
      [
        "a piece over the limit",
        "/uploads/HALF/append?at=0",
        Buffer.alloc(limits.uploadPartBytesMax + 1),
        413,
        /at most 8000000 bytes/,
      ],
      ["a piece as JSON", "/uploads/HALF/append?at=0", { a: 1 }, 400, /octet-stream/],
      ["a piece of nothing known", `/uploads/${absent}/append?at=0`, Buffer.from("1"), 404, /Choose the file again/],
      ["an id that is a path", "/uploads/..%2f..%2fmillrace.json/append?at=0", Buffer.from("1"), 404, /no upload/],
      ["an unknown upload", "/imports", { upload: absent, dataset: "d", kind: "text" }, 404, /no upload/],
      ["half a file", "/imports", { upload: "HALF", dataset: "d", kind: "text" }, 409, /of 10 bytes have arrived/],
      ["an unknown dataset", "/imports", { upload: "WHOLE", dataset: "nowhere" }, 404, /no dataset/],
      [
        "another kind than the dataset's",
        "/imports",
        { upload: "WHOLE", dataset: "pictures", kind: "text" },
        409,
        /holds images/,
      ],
      [
        "a missing label column",
        "/imports",
        { upload: "WHOLE", dataset: "d", kind: "text", label: "no" },
        422,
        /^w\.csv has no column "no"/,
      ],
      [
        "a missing group column",
        "/imports",
        { upload: "WHOLE", dataset: "d", kind: "table", group: "no" },
        422,
        /no column "no"/,
      ],
      [
        "a group for texts",
        "/imports",
        { upload: "WHOLE", dataset: "d", kind: "text", group: "text" },
        400,
        /knows no group/,
      ],
      ["what is no JSON", "/imports", { upload: "NOT_JSON", dataset: "d", kind: "text" }, 422, /^n\.json is not JSON/],
      [
        "a file as a folder",
        "/imports",
        { upload: "WHOLE", dataset: "d", kind: "text", format: "mail" },
        422,
        /^w\.csv is a file, which "mail" is not/,
      ],
      [
        "rows as mails",
        "/imports",
        { upload: "WHOLE", dataset: "d", kind: "table", format: "mbox" },
        422,
        /holds no rows of a table/,
      ],
      ["an unknown field", "/imports", { upload: "WHOLE", dataset: "d", path: "/etc/passwd" }, 400, /path/],
      [
        "a dataset with a path for a name",
        "/imports",
        { upload: "WHOLE", dataset: "../d", kind: "text" },
        400,
        /cannot be the name/,
      ],
    ];
    const put = (text: string): string =>
      text.replace("HALF", half).replace("WHOLE", whole).replace("NOT_JSON", notJson);
    it.each(cases)("%s", async (_story, url, body, status, says) => {
      const filled = Buffer.isBuffer(body) ? body : (JSON.parse(put(JSON.stringify(body))) as unknown);
      const answer = await call("POST", put(`/admin/v1${url}`), filled);
      expect([answer.statusCode, answer.json<{ error: { message: string } }>().error.message]).toEqual([
        status,
        expect.stringMatching(says),
      ]);
      expect((await call("GET", "/admin/v1/datasets/d")).statusCode, "no dataset was made").toBe(404);
    });
    it("a format that the name does not tell, until it is told", async () => {
      const id = await sent("table", "text,answer\none,a");
      const untold = await call("GET", `/admin/v1/uploads/${id}/preview`);
      expect([untold.statusCode, untold.body]).toEqual([422, expect.stringContaining("what format it has")]);
      expect(await read(`/admin/v1/uploads/${id}/preview?format=csv`)).toMatchObject({ columns: ["text", "answer"] });
    });
    it("who may not change data", async () => {
      const { headers } = await openBrowser(server, { kind: "team", role: "reviewer" }, "a reviewer");
      const before = filesIn(server).length;
      for (const url of ["/uploads", `/uploads/${half}/append?at=0`, "/imports"]) {
        expect((await call("POST", `/admin/v1${url}`, Buffer.from("1"), headers)).statusCode).toBe(403);
      }
      expect(filesIn(server).length).toBe(before);
    });
    it("an import that is none", async () => {
      expect((await call("GET", "/admin/v1/imports/job_00000000000000000000000000")).statusCode).toBe(404);
    });
  });
});

describe("what lies around", () => {
  let server: TestServer;
  beforeEach(async () => {
    server = await openTestServer(sqliteStores);
    return () => server.close();
  });
  const { made, sent, read, call } = clientOf(() => server);

  it("a connection that breaks off leaves what arrived, and the rest goes on from there", async () => {
    const url = await server.app.listen({ port: 0 });
    const { id } = await made("/admin/v1/uploads", { name: "b.csv", bytes: 10 });
    const socket = connect(Number(new URL(url).port), "127.0.0.1");
    const head = [
      `POST /admin/v1/uploads/${id}/append?at=0 HTTP/1.1`,
      "host: a",
      `authorization: ${server.operator.authorization}`,
      "content-type: application/octet-stream",
      "content-length: 10",
    ];
    socket.write(`${head.join("\r\n")}\r\n\r\nabcd`);
    await expect.poll(() => read(`/admin/v1/uploads/${id}`)).toMatchObject({ received: 4 });
    socket.destroy();
    expect(await made(`/admin/v1/uploads/${id}/append?at=4`, Buffer.from("efghij"))).toMatchObject({ received: 10 });
  });

  it("is removed: halves after a silence, whole ones after a day", async () => {
    const { deps, clock, folder } = server;
    await sent("whole.csv", "text\none");
    const half = await made("/admin/v1/uploads", { name: "h.csv", bytes: 10 });
    const touched = (ms: number): void => utimesSync(path.join(folder, "uploads", half.id), ms / 1000, ms / 1000);
    touched(clock.now());
    expect(await sweepUploads(deps)).toBe(0);
    clock.advance(limits.uploadSilenceMsMax + 1);
    expect(await sweepUploads(deps)).toBe(1);
    expect(filesIn(server)).toHaveLength(2);
    clock.advance(limits.uploadKeptMs);
    expect(await sweepUploads(deps)).toBe(1);
    expect(filesIn(server)).toEqual([]);
  });

  it("is limited", async () => {
    for (let i = 0; i < limits.uploadsMax; i++) await made("/admin/v1/uploads", { name: "a.csv", bytes: 1 });
    expect((await call("POST", "/admin/v1/uploads", { name: "a.csv", bytes: 1 })).statusCode).toBe(409);
  });
});
