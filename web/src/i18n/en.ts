import { data } from "./en/data.ts";
import { entrance } from "./en/entrance.ts";
import { home } from "./en/home.ts";
import { portal } from "./en/portal.ts";
import { review } from "./en/review.ts";
import { sell } from "./en/sell.ts";
import { shell } from "./en/shell.ts";

export const en = { ...shell, ...entrance, ...home, ...portal, ...data, ...review, ...sell } as const;
