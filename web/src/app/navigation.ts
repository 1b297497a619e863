import type { Path } from "./path.ts";
import type { Area } from "../api/auth.ts";
import type { TextKey } from "../i18n/language.ts";
import type { IconName } from "../ui/icon.tsx";

export interface Place {
  readonly name: TextKey;
  readonly to: Path;
  /** Whoever may read it sees the place; home is everybody's. */
  readonly area: Area | null;
}

export interface Section extends Place {
  readonly icon: IconName;
  /** The second key after `g`. */
  readonly key: string;
  readonly pages?: readonly Place[];
}

/** The console's places in the order of the wheel. An area adds its line here and its routes in router.ts. */
export const sections: readonly Section[] = [
  { name: "nav.home", to: "/", area: null, icon: "wheel", key: "h" },
  {
    name: "nav.train",
    to: "/train",
    area: "train",
    icon: "train",
    key: "t",
    pages: [
      { name: "nav.runs", to: "/train", area: "train" },
      { name: "nav.searches", to: "/train/searches", area: "train" },
    ],
  },
  { name: "nav.models", to: "/models", area: "models", icon: "models", key: "m" },
  { name: "nav.endpoints", to: "/endpoints", area: "endpoints", icon: "endpoints", key: "e" },
  {
    name: "nav.insight",
    to: "/insight",
    area: "insight",
    icon: "insight",
    key: "i",
    pages: [
      { name: "nav.pivot", to: "/insight", area: "insight" },
      { name: "nav.cohorts", to: "/insight/cohorts", area: "insight" },
    ],
  },
];
