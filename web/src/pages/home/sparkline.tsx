import styles from "./wheel.module.css";

/** Small bars, one an hour; what they say in words is the label. */
export function Sparkline({ values, label }: { readonly values: readonly number[]; readonly label: string }) {
  const most = Math.max(1, ...values);
  return (
    <svg
      viewBox={`0 0 ${values.length * 6} 32`}
      className={styles["sparkline"]}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      {values.map((value, i) => {
        const height = value === 0 ? 1 : Math.max(2, (value / most) * 32);
        return <rect key={i} x={i * 6 + 1} y={32 - height} width={4} height={height} rx={1} />;
      })}
    </svg>
  );
}
