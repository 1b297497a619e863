import type { RealmPlace } from "../portal/realm-frame.tsx";

export const places: readonly RealmPlace[] = [{ name: "public.title", to: "/p" }];
