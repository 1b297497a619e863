import { encodeQR } from "qr";
import styles from "./account.module.css";

const quietModules = 4; // of light around it, as ISO/IEC 18004 asks

/** A QR code as one path: dark on light in both themes, since cameras read it so. */
export function QrCode({ text, label }: { readonly text: string; readonly label: string }) {
  const rows = encodeQR(text, "raw", { border: quietModules });
  const path = rows.flatMap((row, y) => row.flatMap((dark, x) => (dark ? [`M${x} ${y}h1v1h-1z`] : []))).join("");
  return (
    <svg className={styles["qr"]} viewBox={`0 0 ${rows.length} ${rows.length}`} role="img" aria-label={label}>
      <path d={path} shapeRendering="crispEdges" />
    </svg>
  );
}
