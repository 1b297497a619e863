import { data } from "./zh/data.ts";
import { entrance } from "./zh/entrance.ts";
import { home } from "./zh/home.ts";
import { portal } from "./zh/portal.ts";
import { review } from "./zh/review.ts";
import { sell } from "./zh/sell.ts";
import { shell } from "./zh/shell.ts";

export const zh = { ...shell, ...entrance, ...home, ...portal, ...data, ...review, ...sell } as const;
