/** What a column of the file is for. */
export type Role = "input" | "label" | "learn" | "code" | "group" | "a" | "b" | "prompt" | "none";
export type Roles = Readonly<Record<string, Role>>;

const rolesOf = {
  text: ["input", "label", "none"],
  image: ["input", "label", "none"],
  table: ["learn", "code", "label", "group", "none"],
  "text-pairs": ["a", "b", "prompt", "label", "none"],
  "text-spans": ["input", "label", "none"],
} as const satisfies Readonly<Record<string, readonly Role[]>>;

export type Kind = keyof typeof rolesOf;
export const kinds = Object.keys(rolesOf) as Kind[];

export const rolesFor = (kind: Kind): readonly Role[] => rolesOf[kind];

/** What a column is that has no part of its own. */
const restOf = (kind: Kind): Role => (kind === "table" ? "learn" : "none");

/** Many columns are learnt from; of the others each is one. */
const isSingle = (role: Role): boolean => !["learn", "code", "none"].includes(role);

interface Guess {
  readonly input: string | null;
  readonly label: string | null;
}

export function guessedRoles(kind: Kind, columns: readonly string[], guess: Guess): Roles {
  const roleOf = (name: string): Role => {
    if (kind === "text-pairs" && (name === "a" || name === "b" || name === "prompt")) return name;
    if (name === (kind === "text-spans" && columns.includes("spans") ? "spans" : guess.label)) return "label";
    if (kind === "text-pairs") return "none";
    return kind !== "table" && name === guess.input ? "input" : restOf(kind);
  };
  return Object.fromEntries(columns.map((name) => [name, roleOf(name)]));
}

export function withRole(kind: Kind, roles: Roles, column: string, role: Role): Roles {
  const others = Object.entries(roles).map(([name, held]) => [
    name,
    held === role && isSingle(role) ? restOf(kind) : held,
  ]);
  return { ...Object.fromEntries(others), [column]: role };
}

interface Choice {
  readonly input?: string;
  readonly label?: string | null;
  readonly columns?: readonly string[];
  readonly categories?: readonly string[];
  readonly group?: string;
}

/** As the server takes it; nothing where there are no columns to choose from. */
export function choiceOf(kind: Kind, roles: Roles): Choice {
  const named = (...wanted: readonly Role[]): readonly string[] =>
    Object.keys(roles).filter((name) => wanted.includes(roles[name] ?? "none"));
  if (Object.keys(roles).length === 0) return {};
  const [[input], [label = null], [group], codes] = [named("input"), named("label"), named("group"), named("code")];
  if (kind === "text-pairs") {
    const [prompt] = named("prompt");
    return { label, columns: [...named("a"), ...named("b")], ...(prompt === undefined ? {} : { input: prompt }) };
  }
  if (kind !== "table") return { label, ...(input === undefined ? {} : { input }) };
  return {
    label,
    columns: named("learn", "code"),
    ...(codes.length > 0 ? { categories: codes } : {}),
    ...(group === undefined ? {} : { group }),
  };
}
