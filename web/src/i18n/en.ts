import { train } from "./en/train.ts";
import { models } from "./en/models.ts";
import { endpoints } from "./en/endpoints.ts";
import { insight } from "./en/insight.ts";
import { entrance } from "./en/entrance.ts";
import { home } from "./en/home.ts";
import { shell } from "./en/shell.ts";

export const en = { ...shell, ...entrance, ...home, ...train, ...models, ...endpoints, ...insight } as const;
