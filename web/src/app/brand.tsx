import { Link } from "@tanstack/react-router";
import styles from "./shell.module.css";

export function Brand() {
  return (
    <Link to="/" className={styles["brand"]}>
      <img src="/favicon.svg" alt="" width={24} height={24} />
      <span>Millrace</span>
    </Link>
  );
}
