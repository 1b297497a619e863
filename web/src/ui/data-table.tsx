import { useVirtualizer } from "@tanstack/react-virtual";
import { type CSSProperties, type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from "react";
import { useText } from "../i18n/text.ts";
import { Loading } from "./states.tsx";
import styles from "./data-table.module.css";

export interface Column<T> {
  readonly key: string;
  readonly title: string;
  /** What stands in the cell. */
  readonly cell: (row: T) => ReactNode;
  /** Numbers stand at the right, so that their digits are under each other. */
  readonly align?: "right";
  /** How much room, beside the others; 1 when left out. */
  readonly room?: number;
  /** 1 is always shown, 2 from a tablet on, 3 on a wide screen only. */
  readonly priority?: 1 | 2 | 3;
}

interface DataTableProps<T> {
  /** What the rows are, for who hears the page. */
  readonly label: string;
  readonly columns: readonly Column<T>[];
  readonly rows: readonly T[];
  readonly rowKey: (row: T) => string;
  /** Enter or a click on a row. */
  readonly onOpen?: (row: T) => void;
  /** There are more rows than these; `onMore` is asked for them when one comes near the end. */
  readonly hasMore?: boolean;
  readonly isLoadingMore?: boolean;
  readonly onMore?: () => void;
  /** Shown instead of a table without rows. */
  readonly empty?: ReactNode;
  readonly isLoading?: boolean;
}

const rowHeight = 40;
const aheadRows = 60;

/**
 * A list of any length: only the rows in sight are in the page, the next ones are asked for ahead. Arrow keys, `j` and `k`
 * move, Home and End jump, Enter opens.
 */
export function DataTable<T>(props: DataTableProps<T>) {
  const {
    label,
    columns,
    rows,
    rowKey,
    onOpen,
    hasMore = false,
    isLoadingMore = false,
    onMore,
    empty,
    isLoading,
  } = props;
  const { t } = useText();
  const scroller = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState(0);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    getItemKey: (i) => (rows[i] === undefined ? i : rowKey(rows[i])),
    overscan: 12,
  });
  const shown = virtual.getVirtualItems();
  const last = shown.at(-1)?.index ?? 0;
  useEffect(() => {
    if (hasMore && !isLoadingMore && last >= rows.length - aheadRows) onMore?.();
  }, [hasMore, isLoadingMore, last, rows.length, onMore]);
  if (isLoading) return <Loading />;
  if (rows.length === 0 && empty) return <>{empty}</>;

  const current = Math.min(at, Math.max(0, rows.length - 1));
  const move = (to: number): void => {
    const next = Math.max(0, Math.min(rows.length - 1, to));
    setAt(next);
    virtual.scrollToIndex(next);
  };
  const heard = (event: KeyboardEvent): void => {
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 400) / rowHeight) - 2);
    const moves: Readonly<Record<string, number>> = {
      ArrowDown: current + 1,
      j: current + 1,
      ArrowUp: current - 1,
      k: current - 1,
      PageDown: current + page,
      PageUp: current - page,
      Home: 0,
      End: rows.length - 1,
    };
    const to = moves[event.key];
    const row = rows[current];
    if (to !== undefined) move(to);
    else if (event.key === "Enter" && row !== undefined && onOpen) onOpen(row);
    else return;
    event.preventDefault();
  };
  const template = columns.map(({ room = 1 }) => `minmax(0, ${room}fr)`);
  const grid = { "--columns": template.join(" "), ...narrow(columns) };
  return (
    <div className={styles["frame"]} style={grid as CSSProperties}>
      <div
        ref={scroller}
        className={styles["scroller"]}
        role="grid"
        aria-label={label}
        aria-rowcount={hasMore ? -1 : rows.length + 1}
        aria-activedescendant={rows.length > 0 ? idOf(label, current) : undefined}
        tabIndex={0}
        onKeyDown={heard}
      >
        <div role="row" aria-rowindex={1} className={styles["head"]}>
          {columns.map(({ key, title, align, priority = 1 }) => (
            <div key={key} role="columnheader" data-align={align} data-priority={priority}>
              {title}
            </div>
          ))}
        </div>
        <div role="rowgroup" className={styles["body"]} style={{ height: virtual.getTotalSize() }}>
          {shown.map(({ index, key, start }) => {
            const row = rows[index];
            if (row === undefined) return null;
            return (
              <div
                key={key}
                id={idOf(label, index)}
                role="row"
                aria-rowindex={index + 2}
                aria-selected={index === current}
                className={styles["row"]}
                data-opens={onOpen !== undefined}
                style={{ transform: `translateY(${start}px)` }}
                onClick={() => {
                  setAt(index);
                  onOpen?.(row);
                }}
              >
                {columns.map(({ key: column, cell, align, priority = 1 }) => (
                  <div key={column} role="gridcell" data-align={align} data-priority={priority}>
                    {cell(row)}
                  </div>
                ))}
              </div>
            );
          })}
        </div>
      </div>
      <p className={styles["foot"]} aria-live="polite">
        {t(hasMore ? "table.more" : "table.rows", { n: rows.length })}
      </p>
    </div>
  );
}

const idOf = (label: string, index: number): string => `${label.replaceAll(/\W+/g, "-")}-${index}`;

/** Templates of the columns that are left on narrower screens. */
function narrow<T>(columns: readonly Column<T>[]): Record<string, string> {
  const upTo = (most: number): string =>
    columns
      .filter(({ priority = 1 }) => priority <= most)
      .map(({ room = 1 }) => `minmax(0, ${room}fr)`)
      .join(" ");
  return { "--columns-middle": upTo(2), "--columns-narrow": upTo(1) };
}
