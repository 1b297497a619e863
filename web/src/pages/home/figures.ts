import type { Path } from "../../app/path.ts";
import type { Wheel } from "../../api/schema.gen.ts";
import type { Format } from "../../i18n/format.ts";
import type { TextKey } from "../../i18n/language.ts";
import type { Speech } from "../../i18n/text.ts";

/** The stations of the wheel in the order in which the water turns it, with where each one's page is. */
export const stations = ["examples", "runs", "models", "calls", "revenue", "feedback", "queue"] as const;
export type Station = (typeof stations)[number];

interface Told {
  readonly value: string;
  readonly note: string;
}

interface Shown {
  readonly label: TextKey;
  readonly to: Path;
  /** Null where the role may not see it. */
  tell(wheel: Wheel, speech: Speech): Told | null;
}

export const shown: { readonly [S in Station]: Shown } = {
  examples: {
    label: "home.examples",
    to: "/data",
    tell: ({ examples }, { t, format }) =>
      examples && { value: format.compact(examples.total), note: t("home.examples_added", { n: examples.added }) },
  },
  runs: {
    label: "home.runs",
    to: "/train",
    tell: ({ runs }, { t, format }) =>
      runs && { value: format.compact(runs.training + runs.waiting), note: t("home.runs_done", { n: runs.done }) },
  },
  models: {
    label: "home.models",
    to: "/models",
    tell: ({ models }, { t, format }) =>
      models && { value: format.compact(models.live), note: t("home.models_total", { n: models.total }) },
  },
  calls: {
    label: "home.calls",
    to: "/endpoints",
    tell: ({ calls }, { t, format }) => calls && { value: format.compact(calls.total), note: t("home.today") },
  },
  revenue: {
    label: "home.revenue",
    to: "/sell/invoices",
    tell: ({ revenue }, { t, format }) => revenue && { value: sumOf(revenue, format), note: t("home.today") },
  },
  feedback: {
    label: "home.feedback",
    to: "/review",
    tell: ({ feedback }, { t, format }) =>
      feedback && {
        value: format.compact(feedback.total),
        note: t("home.feedback_disputed", { n: feedback.disputed }),
      },
  },
  queue: {
    label: "home.queue",
    to: "/review",
    tell: ({ queue }, { t, format }) =>
      queue === null ? null : { value: format.compact(queue), note: t("home.queue_note") },
  },
};

/** Currencies are not added up: the first two stand beside each other. */
function sumOf(revenue: NonNullable<Wheel["revenue"]>, format: Format): string {
  if (revenue.length === 0) return format.number(0);
  return revenue
    .slice(0, 2)
    .map((each) => format.moneyShort(each))
    .join(" + ");
}
