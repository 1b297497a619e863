import type { Cycle } from "./calendar.ts";

export const formatCycle = ({ every, unit, align }: Cycle): string => JSON.stringify({ every, unit, align });
export const parseCycle = (text: string): Cycle => JSON.parse(text) as Cycle;
