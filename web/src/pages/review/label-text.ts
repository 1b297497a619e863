import { useText } from "../../i18n/text.ts";
import { saySpans } from "../../ui/spans.ts";
import type { Review } from "./workbench.ts";

/** A label of an item for people: what spans say, which of a pair is better, or the label itself. */
export function useLabelText(): (review: Pick<Review, "kind" | "input">, label: string) => string {
  const { t, word } = useText();
  return ({ kind, input }, label) => {
    if (kind === "text-pairs") return word("preference", label);
    return kind === "text-spans" ? saySpans(input, label) || t("review.no_spans") : label;
  };
}
