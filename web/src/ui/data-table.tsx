import { type CSSProperties, type KeyboardEvent, type ReactNode, useEffect, useState } from "react";
import { useText } from "../i18n/text.ts";
import { useRowWindow } from "./row-window.ts";
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

interface Shown<T> {
  /** What the rows are, for who hears the page. */
  readonly label: string;
  readonly columns: readonly Column<T>[];
  readonly rowKey: (row: T) => string;
  /** Enter or a click on a row. */
  readonly onOpen?: (row: T) => void;
  /** Shown instead of a table without rows. */
  readonly empty?: ReactNode;
  readonly isLoading?: boolean;
}

interface DataTableProps<T> extends Shown<T> {
  readonly rows: readonly T[];
  /** There are more rows than these; `onMore` is asked for them when one comes near the end. */
  readonly hasMore?: boolean;
  readonly isLoadingMore?: boolean;
  readonly onMore?: () => void;
}

const aheadRows = 60;

/** A table of rows that are all here, or come one page after the other. */
export function DataTable<T>(props: DataTableProps<T>) {
  const { rows, hasMore = false, isLoadingMore = false, onMore, ...shown } = props;
  const see = (_first: number, last: number): void => {
    if (hasMore && !isLoadingMore && last >= rows.length - aheadRows) onMore?.();
  };
  return <RowTable {...shown} count={rows.length} at={(index) => rows[index]} see={see} hasMore={hasMore} />;
}

interface RowTableProps<T> extends Shown<T> {
  /** How many there are so far. */
  readonly count: number;
  /** Undefined while a row is on its way. */
  readonly at: (index: number) => T | undefined;
  /** Is told which rows are in sight, so that those near them can be fetched. */
  readonly see: (first: number, last: number) => void;
  readonly hasMore: boolean;
}

const headPx = 36;
const rowPxMost = 40;
/** Browsers lay out no more than some 33 million pixels: rows of longer lists stand closer. */
const pixelsMax = 33_000_000;

/**
 * A list of any length: only the rows in sight are in the page. Arrow keys, `j` and `k` move, Home and End jump, Enter opens.
 */
export function RowTable<T>(props: RowTableProps<T>) {
  const { label, columns, count, at: rowAt, see, rowKey, onOpen, hasMore, empty, isLoading } = props;
  const { t } = useText();
  const [scroller, setScroller] = useState<HTMLDivElement | null>(null);
  const [at, setAt] = useState(0);
  const rowPx = Math.min(rowPxMost, Math.floor(pixelsMax / Math.max(1, count)));
  const { first, last, scrollTo } = useRowWindow(scroller, { count, rowPx, headPx });
  useEffect(() => see(first, last), [first, last, see]);
  if (isLoading) return <Loading />;
  if (count === 0 && empty && !hasMore) return <>{empty}</>;

  const current = Math.min(at, Math.max(0, count - 1));
  const move = (to: number): void => {
    const next = Math.max(0, Math.min(count - 1, to));
    setAt(next);
    scrollTo(next);
  };
  const heard = (event: KeyboardEvent): void => {
    const page = Math.max(1, Math.floor((scroller?.clientHeight ?? 400) / rowPx) - 2);
    const moves: Readonly<Record<string, number>> = {
      ArrowDown: current + 1,
      j: current + 1,
      ArrowUp: current - 1,
      k: current - 1,
      PageDown: current + page,
      PageUp: current - page,
      Home: 0,
      End: count - 1,
    };
    const to = moves[event.key];
    const row = rowAt(current);
    if (to !== undefined) move(to);
    else if (event.key === "Enter" && row !== undefined && onOpen) onOpen(row);
    else return;
    event.preventDefault();
  };
  const template = columns.map(({ room = 1 }) => `minmax(0, ${room}fr)`);
  const grid = { "--columns": template.join(" "), "--head": `${headPx}px`, "--row": `${rowPx}px`, ...narrow(columns) };
  return (
    <div className={styles["frame"]} style={grid as CSSProperties}>
      <div
        ref={setScroller}
        className={styles["scroller"]}
        role="grid"
        aria-label={label}
        aria-rowcount={hasMore ? -1 : count + 1}
        aria-activedescendant={count > 0 ? idOf(label, current) : undefined}
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
        <div role="rowgroup" className={styles["body"]} style={{ height: count * rowPx }}>
          {between(first, last).map((index) => {
            const row = rowAt(index);
            return (
              <div
                key={row === undefined ? index : rowKey(row)}
                id={idOf(label, index)}
                role="row"
                aria-rowindex={index + 2}
                aria-selected={index === current}
                className={styles["row"]}
                data-opens={onOpen !== undefined}
                style={{ transform: `translateY(${index * rowPx}px)` }}
                aria-busy={row === undefined}
                onClick={() => {
                  setAt(index);
                  if (row !== undefined) onOpen?.(row);
                }}
              >
                {columns.map(({ key: column, cell, align, priority = 1 }) => (
                  <div key={column} role="gridcell" data-align={align} data-priority={priority}>
                    {row === undefined ? "…" : cell(row)}
                  </div>
                ))}
              </div>
            );
          })}
        </div>
      </div>
      <p className={styles["foot"]} aria-live="polite">
        {t(hasMore ? "table.more" : "table.rows", { n: count })}
      </p>
    </div>
  );
}

const between = (first: number, last: number): number[] =>
  Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i);

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
