/** The parts of the team's plane; each of its routes says which it belongs to. */
export const areas = [
  "data",
  "review",
  "train",
  "models",
  "endpoints",
  "sell",
  "money",
  "channels",
  "insight",
  "settings",
  "team",
] as const;
export type Area = (typeof areas)[number];

export type Access = "none" | "read" | "write";
export type Accesses = { readonly [A in Area]: Access };

const everything = (access: Access): Accesses => ({
  data: access,
  review: access,
  train: access,
  models: access,
  endpoints: access,
  sell: access,
  money: access,
  channels: access,
  insight: access,
  settings: access,
  team: access,
});

/** What a person of the team may see and change. */
export const roles = {
  owner: everything("write"),
  engineer: {
    ...everything("write"),
    sell: "read",
    money: "none",
    channels: "none",
    insight: "read",
    team: "none",
  },
  analyst: { ...everything("read"), data: "write", review: "write", insight: "write", settings: "none", team: "none" },
  reviewer: { ...everything("none"), data: "read", review: "write" },
  finance: {
    ...everything("none"),
    endpoints: "read",
    sell: "write",
    money: "write",
    channels: "write",
    insight: "read",
    settings: "read",
  },
  read_only: everything("read"),
} as const satisfies { readonly [role: string]: Accesses };

export type Role = keyof typeof roles;
export const roleNames = Object.keys(roles) as [Role, ...Role[]];

/** Nobody of a customer or a partner enters the team's plane. */
export const noAccess: Accesses = everything("none");

const strength: { readonly [A in Access]: number } = { none: 0, read: 1, write: 2 };

export function allows(given: Access, needed: Access): boolean {
  return strength[given] >= strength[needed];
}
