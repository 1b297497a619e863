// German credit as UCI gives it (spaces or commas between the values) to a CSV with a header.
import { readFileSync, writeFileSync } from "node:fs";

const columns =
  "status duration history purpose amount savings employment rate personal debtors residence property age plans housing credits job liable telephone foreign class";
const names = columns.split(" ");
const given = process.argv[2];

if (given === "--row") {
  const values = [
    "A12",
    24,
    "A32",
    "A43",
    3_000,
    "A61",
    "A73",
    3,
    "A93",
    "A101",
    2,
    "A121",
    35,
    "A143",
    "A152",
    1,
    "A173",
    1,
  ];
  const row = [...values, "A192", "A201"];
  console.log(JSON.stringify(Object.fromEntries(row.map((value, i) => [names[i], value]))));
} else if (given === undefined) {
  console.error("Usage: node prepare.mjs german.data");
  process.exitCode = 2;
} else {
  const lines = readFileSync(given, "utf8").trim().split("\n");
  const rows = lines.map((line) => line.trim().split(/[ ,]+/).join(","));
  writeFileSync("credit.csv", `${[names.join(","), ...rows].join("\n")}\n`);
  console.log(`${rows.length} rows in credit.csv`);
}
