import { train } from "./zh/train.ts";
import { models } from "./zh/models.ts";
import { endpoints } from "./zh/endpoints.ts";
import { insight } from "./zh/insight.ts";
import { entrance } from "./zh/entrance.ts";
import { home } from "./zh/home.ts";
import { shell } from "./zh/shell.ts";

export const zh = { ...shell, ...entrance, ...home, ...train, ...models, ...endpoints, ...insight } as const;
