/** error(n) = floor + scale · n^-exponent, with floor and scale of at least 0. */
export interface PowerLaw {
  readonly floor: number;
  readonly scale: number;
  readonly exponent: number;
}

export interface SizedError {
  /** Training examples. */
  readonly n: number;
  readonly error: number;
  readonly weight: number;
}

/** 0.05 to 1.5: what learning curves were seen to have (Hestness et al. 2017, arXiv:1712.00409, up to 0.5). */
const exponents = Array.from({ length: 30 }, (_, i) => 0.05 * (i + 1));

/** Weighted least squares: for each exponent the line through (n^-exponent, error), then the best of them. */
export function fitPowerLaw(points: readonly SizedError[]): PowerLaw {
  let best: PowerLaw = { floor: 0, scale: 0, exponent: 1 };
  let least = Number.POSITIVE_INFINITY;
  for (const exponent of exponents) {
    const law = fitLine(points, exponent);
    const off = points.reduce((sum, { n, error, weight }) => sum + weight * (errorAt(law, n) - error) ** 2, 0);
    if (off < least) [best, least] = [law, off];
  }
  return best;
}

export const errorAt = ({ floor, scale, exponent }: PowerLaw, n: number): number => floor + scale * n ** -exponent;

function fitLine(points: readonly SizedError[], exponent: number): PowerLaw {
  let [w, x, y, xx, xy] = [0, 0, 0, 0, 0];
  for (const { n, error, weight } of points) {
    const at = n ** -exponent;
    w += weight;
    x += weight * at;
    y += weight * error;
    xx += weight * at * at;
    xy += weight * at * error;
  }
  const spread = w * xx - x * x;
  const scale = spread > 0 ? (w * xy - x * y) / spread : 0;
  const floor = (y - scale * x) / w;
  if (scale < 0) return { floor: y / w, scale: 0, exponent }; // more examples do not help here
  if (floor < 0) return { floor: 0, scale: xy / xx, exponent };
  return { floor, scale, exponent };
}
