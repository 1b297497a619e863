import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Node } from "./layout.ts";

/** Leads to the page of what a node stands for; of a source there is none. */
export function NodeLink({ node, children }: { readonly node: Node; readonly children: ReactNode }) {
  const { kind, page } = node;
  if (page === null || kind === "source") return children;
  if (kind === "release") {
    return (
      <Link to="/endpoints/$name" params={{ name: page }}>
        {children}
      </Link>
    );
  }
  const to = ({ version: "/data/versions/$id", run: "/train/runs/$id", model: "/models/$id" } as const)[kind];
  return (
    <Link to={to} params={{ id: page }}>
      {children}
    </Link>
  );
}
