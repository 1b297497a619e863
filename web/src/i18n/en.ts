import { entrance } from "./en/entrance.ts";
import { home } from "./en/home.ts";
import { sell } from "./en/sell.ts";
import { shell } from "./en/shell.ts";

export const en = { ...shell, ...entrance, ...home, ...sell } as const;
