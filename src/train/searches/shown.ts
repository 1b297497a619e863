import type { Estimate } from "../../models/index.ts";

/** How the errors of a measure are written for people. */
export interface Shown {
  readonly name: string;
  one(error: number): string;
  between(error: Estimate): string;
  /** As it is drawn: of a classifier the accuracy and not the error. */
  estimate(error: Estimate): Estimate;
  /** What `estimate` gave. */
  betweenShown(estimate: Estimate): string;
  plain(value: number): string;
  /** An error that falls, as a gain. */
  gain(fall: Estimate): string;
  /** An error minus another. */
  difference(change: Estimate, digits?: number): string;
  isNothing(fall: number): boolean;
}

/** "error" is a share of wrong answers, shown as accuracy; of a squared error the root is shown. */
export function shownBy(measure: string): Shown {
  if (measure === "error") return accuracy;
  return measure === "squared error" ? asNumbers("RMSE", Math.sqrt) : asNumbers(measure, (error) => error);
}

const percents = (value: number): string => (value * 100).toFixed(1);
const bracket = (low: string, high: string): string => `[${low} ${high}]`;

const rightShare = ({ value, low, high }: Estimate): Estimate => ({
  value: 1 - value,
  low: 1 - Math.min(1, high),
  high: 1 - low,
});

const betweenPercents = ({ value, low, high }: Estimate): string =>
  `${percents(value)} % ${bracket(percents(low), percents(high))}`;

const accuracy: Shown = {
  name: "accuracy",
  one: (error) => `${percents(1 - error)} %`,
  between: (error) => betweenPercents(rightShare(error)),
  estimate: rightShare,
  betweenShown: betweenPercents,
  plain: (value) => `${percents(value)} %`,
  gain: ({ value, low, high }) => `+${percents(value)} points ${bracket(percents(low), percents(high))}`,
  difference: ({ value, low, high }, digits = 2) => {
    const points = (share: number): string => `${share <= 0 ? "+" : "-"}${(Math.abs(share) * 100).toFixed(digits)}`;
    return `${points(value)} points ${bracket(points(high), points(low))}`;
  },
  isNothing: (fall) => fall < 0.0005,
};

function asNumbers(name: string, shown: (error: number) => number): Shown {
  const text = (value: number): string => value.toPrecision(4);
  const estimate = ({ value, low, high }: Estimate): Estimate => ({
    value: shown(value),
    low: shown(low),
    high: shown(high),
  });
  const betweenShown = ({ value, low, high }: Estimate): string => `${text(value)} ${bracket(text(low), text(high))}`;
  const signed = (value: number): string => `${value >= 0 ? "+" : ""}${value.toPrecision(3)}`;
  const unit = shown === Math.sqrt ? " squared error" : "";
  return {
    name,
    one: (error) => text(shown(error)),
    between: (error) => betweenShown(estimate(error)),
    estimate,
    betweenShown,
    plain: text,
    gain: ({ value, low, high }) => `${signed(-value)}${unit} ${bracket(signed(-high), signed(-low))}`,
    difference: ({ value, low, high }) => `${signed(value)}${unit} ${bracket(signed(low), signed(high))}`,
    isNothing: (fall) => fall <= 0,
  };
}
