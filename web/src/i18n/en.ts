import { account } from "./en/account.ts";
import { channels } from "./en/channels.ts";
import { data } from "./en/data.ts";
import { endpoints } from "./en/endpoints.ts";
import { entrance } from "./en/entrance.ts";
import { home } from "./en/home.ts";
import { importing } from "./en/import.ts";
import { insight } from "./en/insight.ts";
import { models } from "./en/models.ts";
import { portal } from "./en/portal.ts";
import { review } from "./en/review.ts";
import { sell } from "./en/sell.ts";
import { settings } from "./en/settings.ts";
import { shell } from "./en/shell.ts";
import { train } from "./en/train.ts";

export const en = {
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
