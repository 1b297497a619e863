import { account } from "./zh/account.ts";
import { channels } from "./zh/channels.ts";
import { data } from "./zh/data.ts";
import { endpoints } from "./zh/endpoints.ts";
import { entrance } from "./zh/entrance.ts";
import { home } from "./zh/home.ts";
import { importing } from "./zh/import.ts";
import { insight } from "./zh/insight.ts";
import { models } from "./zh/models.ts";
import { portal } from "./zh/portal.ts";
import { review } from "./zh/review.ts";
import { sell } from "./zh/sell.ts";
import { settings } from "./zh/settings.ts";
import { shell } from "./zh/shell.ts";
import { train } from "./zh/train.ts";

export const zh = {
  ...shell,
  ...entrance,
  ...account,
  ...home,
  ...portal,
  ...data,
  ...importing,
  ...review,
  ...sell,
  ...train,
  ...models,
  ...endpoints,
  ...insight,
  ...channels,
  ...settings,
} as const;
