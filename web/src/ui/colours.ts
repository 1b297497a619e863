/** Colours of series that keep apart for who sees colours otherwise, and on both themes. */
export const seriesColours = ["#0f8a94", "#d9822b", "#7a5cc4", "#c2455e", "#4f8a2f", "#8a7a63"] as const;

/** A colour of the theme as a canvas takes it: `light-dark()` and other variables are worked out by the browser. */
export function resolvedColour(element: HTMLElement, variable: string): string {
  const probe = document.createElement("span");
  probe.style.color = `var(${variable})`;
  element.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
