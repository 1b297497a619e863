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

/** The console's places in the order of the wheel. An area adds its line here and its routes in routes/. */
export const sections: readonly Section[] = [
  { name: "nav.home", to: "/", area: null, icon: "wheel", key: "h" },
  { name: "nav.data", to: "/data", area: "data", icon: "data", key: "d" },
  {
    name: "nav.review",
    to: "/review",
    area: "review",
    icon: "review",
    key: "r",
    pages: [
      { name: "nav.review_bench", to: "/review", area: "review" },
      { name: "nav.review_queue", to: "/review/queue", area: "review" },
      { name: "nav.review_agreement", to: "/review/agreement", area: "review" },
    ],
  },
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
    name: "nav.sell",
    to: "/sell",
    area: "sell",
    icon: "sell",
    key: "s",
    pages: [
      { name: "sell.products", to: "/sell", area: "sell" },
      { name: "sell.plans", to: "/sell/plans", area: "sell" },
      { name: "sell.customers", to: "/sell/customers", area: "sell" },
      { name: "sell.invoices", to: "/sell/invoices", area: "money" },
      { name: "usage.title", to: "/sell/usage", area: "sell" },
      { name: "sell.simulator", to: "/sell/simulator", area: "sell" },
    ],
  },
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
  {
    name: "nav.channels",
    to: "/channels",
    area: "channels",
    icon: "channels",
    key: "c",
    pages: [
      { name: "channels.partners", to: "/channels", area: "channels" },
      { name: "channels.attributions", to: "/channels/attributions", area: "channels" },
    ],
  },
  {
    name: "nav.settings",
    to: "/settings",
    area: "settings",
    icon: "settings",
    key: ",",
    pages: [
      { name: "settings.team", to: "/settings", area: "team" },
      { name: "settings.audit", to: "/settings/audit", area: "team" },
      { name: "settings.upstreams", to: "/settings/upstreams", area: "settings" },
      { name: "settings.webhooks", to: "/settings/webhooks", area: "settings" },
      { name: "settings.retention", to: "/settings/retention", area: "settings" },
      { name: "settings.branding", to: "/settings/branding", area: "team" },
      { name: "settings.health", to: "/settings/health", area: "settings" },
    ],
  },
];
