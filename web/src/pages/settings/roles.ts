/** The team's roles in the order of what they open. */
export const roles = ["owner", "engineer", "analyst", "reviewer", "finance", "read_only"] as const;
