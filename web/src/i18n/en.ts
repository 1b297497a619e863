import { entrance } from "./en/entrance.ts";
import { home } from "./en/home.ts";
import { portal } from "./en/portal.ts";
import { shell } from "./en/shell.ts";

export const en = { ...shell, ...entrance, ...home, ...portal } as const;
