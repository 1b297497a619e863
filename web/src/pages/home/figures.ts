import type { Path } from "../../app/path.ts";
import type { Wheel } from "../../api/schema.gen.ts";
import type { TextKey } from "../../i18n/language.ts";
import type { Speech } from "../../i18n/text.ts";

/** The stations of the wheel in the order in which the water turns it, with where each one's page is. */
export const stations = ["examples", "runs", "models", "calls", "revenue", "feedback", "queue"] as const;
export type Station = (typeof stations)[number];

interface Shown {
  readonly label: TextKey;
  readonly to: Path | undefined;
  value(wheel: Wheel, speech: Speech): string;
  note(wheel: Wheel, speech: Speech): string;
}

export const shown: { readonly [S in Station]: Shown } = {
  examples: {
    label: "home.examples",
    to: undefined,
    value: ({ examples }, { format }) => format.compact(examples.total),
    note: ({ examples }, { t }) => t("home.examples_added", { n: examples.added }),
  },
  runs: {
    label: "home.runs",
    to: undefined,
    value: ({ runs }, { format }) => format.compact(runs.training + runs.waiting),
    note: ({ runs }, { t }) => t("home.runs_done", { n: runs.done }),
  },
  models: {
    label: "home.models",
    to: undefined,
    value: ({ models }, { format }) => format.compact(models.live),
    note: ({ models }, { t }) => t("home.models_total", { n: models.total }),
  },
  calls: {
    label: "home.calls",
    to: undefined,
    value: ({ calls }, { format }) => format.compact(calls.total),
    note: (_wheel, { t }) => t("home.today"),
  },
  revenue: {
    label: "home.revenue",
    to: undefined,
    value: ({ revenue }, { format }) =>
      revenue.length === 0
        ? format.number(0)
        : revenue
            .slice(0, 2)
            .map((each) => format.moneyShort(each))
            .join(" + "),
    note: (_wheel, { t }) => t("home.today"),
  },
  feedback: {
    label: "home.feedback",
    to: undefined,
    value: ({ feedback }, { format }) => format.compact(feedback.total),
    note: ({ feedback }, { t }) => t("home.feedback_disputed", { n: feedback.disputed }),
  },
  queue: {
    label: "home.queue",
    to: undefined,
    value: ({ queue }, { format }) => format.compact(queue),
    note: (_wheel, { t }) => t("home.queue_note"),
  },
};
