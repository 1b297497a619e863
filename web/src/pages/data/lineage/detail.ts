import { useText } from "../../../i18n/text.ts";
import type { Node } from "./layout.ts";

/** The second line of a node: what it is, and how much. */
export function useDetail(): (node: Node) => string {
  const { t, word, format } = useText();
  return ({ kind, detail, examples, at_ms }) => {
    if (kind === "source") return t(`lineage.from_${sourceOf(detail)}`, { n: examples ?? 0 });
    if (kind === "version") return t("lineage.holds", { n: examples ?? 0 });
    if (kind === "model") return word("task", detail);
    return kind === "release" ? word("state", detail) : format.date(at_ms);
  };
}

const sources = ["file", "review", "feedback", "manual"] as const;
const sourceOf = (detail: string) => sources.find((each) => each === detail) ?? "file";
