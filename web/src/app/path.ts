import type { RegisteredRouter } from "@tanstack/react-router";

/** The address of a page, with `$name` where an id goes. */
export type Path = Extract<keyof RegisteredRouter["routesByPath"], string>;
