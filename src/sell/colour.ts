type Rgb = readonly [red: number, green: number, blue: number];

const channelsOf = (hex: string): Rgb => [
  Number.parseInt(hex.slice(1, 3), 16),
  Number.parseInt(hex.slice(3, 5), 16),
  Number.parseInt(hex.slice(5, 7), 16),
];

/** Relative luminance of `#rrggbb`, from 0 (black) to 1 (white); WCAG 2.2. */
function luminance(hex: string): number {
  const linear = (channel: number): number => {
    const share = channel / 255;
    return share <= 0.040_45 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  };
  const [red, green, blue] = channelsOf(hex);
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
}

/** (L1 + 0.05) / (L2 + 0.05), the lighter above: 1 is the same, 21 is black on white; WCAG 2.2. */
export function contrast(one: string, other: string): number {
  const [a, b] = [luminance(one), luminance(other)];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}

/** The colour with the least white mixed in, in steps of 5 %, that is enough; white itself in the end. */
export function lightened(hex: string, isEnough: (mixed: string) => boolean): string {
  for (let step = 0; step < 20; step++) {
    const mixed = mixedWithWhite(hex, step / 20);
    if (isEnough(mixed)) return mixed;
  }
  return "#ffffff";
}

const mixedWithWhite = (hex: string, share: number): string =>
  `#${channelsOf(hex)
    .map((channel) =>
      Math.round(channel + (255 - channel) * share)
        .toString(16)
        .padStart(2, "0"),
    )
    .join("")}`;
