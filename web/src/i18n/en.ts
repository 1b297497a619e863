import { settings } from "./en/settings.ts";
import { channels } from "./en/channels.ts";
import { entrance } from "./en/entrance.ts";
import { home } from "./en/home.ts";
import { sell } from "./en/sell.ts";
import { shell } from "./en/shell.ts";

export const en = { ...shell, ...entrance, ...home, ...sell, ...channels, ...settings } as const;
