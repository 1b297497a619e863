/** Colours of series that keep apart for who sees colours otherwise, and on both themes. */
export const seriesColours = ["#0f8a94", "#d9822b", "#7a5cc4", "#c2455e", "#4f8a2f", "#8a7a63"] as const;
