import { Link } from "@tanstack/react-router";
import type { Wheel as WheelFigures } from "../../api/schema.gen.ts";
import { useText } from "../../i18n/text.ts";
import { type Station, shown, stations } from "./figures.ts";
import { Sparkline } from "./sparkline.tsx";
import styles from "./wheel.module.css";

const centre = 200;
const radius = 150;
const paddles = 14;

/** A point on the wheel: 0 is the top, 1 is once around clockwise. */
function at(turn: number, r: number): { readonly x: number; readonly y: number } {
  const angle = turn * 2 * Math.PI - Math.PI / 2;
  return { x: centre + r * Math.cos(angle), y: centre + r * Math.sin(angle) };
}

/** The mill wheel, turned by its water, with a figure at each station. On narrow screens the figures are a list. */
export function Wheel({ wheel }: { readonly wheel: WheelFigures }) {
  const speech = useText();
  const turns = (wheel.calls?.total ?? 0) > 0 || (wheel.runs?.training ?? 0) > 0;
  return (
    <div className={styles["wheel"]}>
      <svg viewBox="0 0 400 400" className={styles["picture"]} data-turns={turns} aria-hidden="true">
        <circle cx={centre} cy={centre} r={radius} className={styles["rim"]} />
        <circle cx={centre} cy={centre} r={radius - 22} className={styles["rim"]} data-inner="true" />
        <g className={styles["paddles"]}>
          {Array.from({ length: paddles }, (_, i) => {
            const [inner, outer] = [at(i / paddles, 34), at(i / paddles, radius + 9)];
            return <line key={i} x1={inner.x} y1={inner.y} x2={outer.x} y2={outer.y} className={styles["spoke"]} />;
          })}
        </g>
        <circle cx={centre} cy={centre} r={34} className={styles["hub"]} />
        {stations.map((station, i) => (
          <Arc key={station} from={i / stations.length} to={(i + 1) / stations.length} />
        ))}
        {stations.map((station, i) => {
          const point = at(i / stations.length, radius);
          return <circle key={station} cx={point.x} cy={point.y} r={7} className={styles["dot"]} />;
        })}
      </svg>
      <ol className={styles["stations"]}>
        {stations.map((station) => (
          <li key={station} data-station={station}>
            <Card station={station} wheel={wheel} />
          </li>
        ))}
      </ol>
      {wheel.calls && (
        <div className={styles["today"]}>
          <Sparkline values={wheel.calls.by_hour} label={speech.t("home.calls_by_hour")} />
          <small>{speech.t("home.calls_by_hour")}</small>
        </div>
      )}
    </div>
  );
}

/** The water between two stations, with an arrow at its end. */
function Arc({ from, to }: { readonly from: number; readonly to: number }) {
  const gap = 0.016;
  const [start, end] = [at(from + gap, radius), at(to - gap * 1.6, radius)];
  const [left, tip, right] = [
    at(to - gap * 1.9, radius + 6),
    at(to - gap * 1.2, radius),
    at(to - gap * 1.9, radius - 6),
  ];
  return (
    <g className={styles["arc"]}>
      <path d={`M${start.x} ${start.y}A${radius} ${radius} 0 0 1 ${end.x} ${end.y}`} />
      <path d={`M${left.x} ${left.y}L${tip.x} ${tip.y}L${right.x} ${right.y}`} />
    </g>
  );
}

function Card({ station, wheel }: { readonly station: Station; readonly wheel: WheelFigures }) {
  const speech = useText();
  const { label, to, tell } = shown[station];
  const told = tell(wheel, speech);
  const inside = (
    <>
      <span className={styles["label"]}>{speech.t(label)}</span>
      <strong>{told?.value ?? "–"}</strong>
      <small>{told?.note ?? speech.t("home.not_yours")}</small>
    </>
  );
  if (!told) return <div className={styles["card"]}>{inside}</div>;
  return (
    <Link to={to} className={styles["card"]}>
      {inside}
    </Link>
  );
}
