import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, it } from "vitest";
import { openConnection } from "../src/store/sqlite-connection.ts";

const folder = path.resolve(import.meta.dirname, "../migrations");

it("review items of before, their votes and takes are there when the table was made anew, and still belong together", () => {
  const place = mkdtempSync(path.join(tmpdir(), "migration-"));
  const connection = openConnection(path.join(place, "millrace.db"), "write");
  const rows = (text: string) => connection.execute(text, []).rows;
  const files = readdirSync(folder)
    .filter((name) => name.endsWith(".sql"))
    .sort();
  connection.execute("begin immediate", []);
  for (const name of files) {
    if (name === "0340_review_examples.sql") connection.script(before);
    connection.script(readFileSync(path.join(folder, name), "utf8"));
  }
  connection.execute("commit", []);
  expect(
    rows("select id, queue, kind, prediction, example, label, disagreeing from review_items order by id"),
  ).toMatchObject([
    { id: "rev_1", queue: "spam", kind: "text", prediction: "pred_1", example: null, label: "ham", disagreeing: 1 },
    { id: "rev_2", queue: "pets", kind: "image", prediction: "pred_2", example: null, label: null, disagreeing: 0 },
  ]);
  expect(rows("select item, reviewer, label from review_votes")).toMatchObject([
    { item: "rev_1", reviewer: "ann", label: "ham" },
  ]);
  expect(rows("select item, batch from review_takes")).toMatchObject([{ item: "rev_1", batch: "b" }]);
  expect(rows("select queue, reviewers from review_guides")).toHaveLength(1);
  expect(rows("pragma foreign_key_check")).toEqual([]);
  const orphan = () =>
    rows("insert into review_votes (item, reviewer, label, created_at_ms) values ('rev_9', 'a', 'b', 1)");
  expect(orphan).toThrow(/FOREIGN KEY/);
  connection.close();
  rmSync(place, { recursive: true });
});

const before = `
  insert into review_items (id, prediction, endpoint, release, model, customer, predicted_at_ms, input_text, consent,
    answer_label, answer_probability, labels, proposals, stance, sampled, priority, state, revision, label, created_at_ms,
    disagreeing)
  values ('rev_1', 'pred_1', 'spam', 'rel', 'mdl', 'cus', 1, 'hello', 'customer', 'ham', 0.5, '["ham","spam"]', '[]',
      'neutral', 0, 2, 'settled', 0, 'ham', 1, 1),
    ('rev_2', 'pred_2', 'pets', 'rel', 'mdl', 'cus', 1, 'data:image/png;base64,aaaa', 'customer', 'cat', 0.5, '["cat","dog"]',
      '[]', 'neutral', 0, 2, 'open', 0, null, 1, 0);
  insert into review_votes values ('rev_1', 'ann', 'ham', 2);
  insert into review_takes values ('rev_1', 'ds', 'b', 3);
  insert into review_guides values ('spam', 'read', 2, 1);
`;
