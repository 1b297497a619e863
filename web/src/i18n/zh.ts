import { settings } from "./zh/settings.ts";
import { channels } from "./zh/channels.ts";
import { entrance } from "./zh/entrance.ts";
import { home } from "./zh/home.ts";
import { sell } from "./zh/sell.ts";
import { shell } from "./zh/shell.ts";

export const zh = { ...shell, ...entrance, ...home, ...sell, ...channels, ...settings } as const;
