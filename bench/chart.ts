/** A small picture of how one figure grows with another, both on logarithmic axes: an SVG without script or font files. */
export interface Series {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}
export interface Chart {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly series: readonly Series[];
}

const [width, height] = [740, 440];
const frame = { left: 70, right: 520, top: 50, bottom: 380 };
const colours = ["#0b6e99", "#c2410c", "#4d7c0f", "#7c3aed", "#be123c"];

/** Powers of two along both axes; a dashed line grows as x does. */
export function logLogChart({ title, x: xName, y: yName, series }: Chart): string {
  const all = series.flatMap(({ points }) => points);
  const top = (values: readonly number[]): number => Math.ceil(Math.log2(Math.max(...values)) - 1e-9);
  const bottom = (values: readonly number[]): number => Math.floor(Math.log2(Math.min(...values)) + 1e-9);
  const [xs, ys] = [all.map(([x]) => x), all.map(([, y]) => y)];
  const [xFrom, xTo, yFrom, yTo] = [bottom(xs), top(xs), bottom(ys), Math.max(top(ys), top(xs))];
  const xAt = (x: number): number => frame.left + ((Math.log2(x) - xFrom) / (xTo - xFrom)) * (frame.right - frame.left);
  const yAt = (y: number): number =>
    frame.bottom - ((Math.log2(y) - yFrom) / (yTo - yFrom)) * (frame.bottom - frame.top);
  const powers = (from: number, to: number): number[] =>
    Array.from({ length: to - from + 1 }, (_, i) => 2 ** (from + i));
  const grid = [
    ...powers(xFrom, xTo).map((x) => line(xAt(x), frame.top, xAt(x), frame.bottom, "#ddd")),
    ...powers(yFrom, yTo).map((y) => line(frame.left, yAt(y), frame.right, yAt(y), "#ddd")),
    ...powers(xFrom, xTo).map((x) => text(xAt(x), frame.bottom + 20, `${x}×`, "middle")),
    ...powers(yFrom, yTo).map((y) => text(frame.left - 10, yAt(y) + 4, `${y}×`, "end")),
  ];
  const straight = line(
    xAt(2 ** xFrom),
    yAt(2 ** xFrom),
    xAt(2 ** xTo),
    yAt(2 ** xTo),
    "#777",
    ' stroke-dasharray="5 5"',
  );
  const drawn = series.flatMap(({ name, points }, i) => {
    const colour = colours[i % colours.length] ?? "#000";
    const path = points.map(([x, y]) => `${round(xAt(x))},${round(yAt(y))}`).join(" ");
    const label = frame.top + 20 + i * 22;
    return [
      `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2.5"/>`,
      ...points.map(([x, y]) => `<circle cx="${round(xAt(x))}" cy="${round(yAt(y))}" r="4" fill="${colour}"/>`),
      line(frame.right + 15, label - 4, frame.right + 35, label - 4, colour, ' stroke-width="2.5"'),
      text(frame.right + 42, label, name, "start"),
    ];
  });
  const legend = frame.top + 20 + series.length * 22;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="13">`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    `<text x="${frame.left}" y="28" font-size="16">${escaped(title)}</text>`,
    ...grid,
    straight,
    ...drawn,
    line(frame.right + 15, legend - 4, frame.right + 35, legend - 4, "#777", ' stroke-dasharray="5 5"'),
    text(frame.right + 42, legend, "in proportion", "start"),
    text((frame.left + frame.right) / 2, frame.bottom + 45, xName, "middle"),
    `<text transform="translate(20 ${(frame.top + frame.bottom) / 2}) rotate(-90)" text-anchor="middle">${escaped(yName)}</text>`,
    "</svg>\n",
  ].join("\n");
}

const round = (x: number): string => x.toFixed(1);
const escaped = (words: string): string => words.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
const text = (x: number, y: number, words: string, anchor: string): string =>
  `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}">${escaped(words)}</text>`;
const line = (x1: number, y1: number, x2: number, y2: number, colour: string, more = ""): string =>
  `<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}" stroke="${colour}"${more}/>`;
