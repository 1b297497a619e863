import type { ReactNode } from "react";
import type { Rows } from "../api/rows.ts";
import { type Column, RowTable } from "./data-table.tsx";
import { ErrorState } from "./states.tsx";

interface ListTableProps<T> {
  readonly label: string;
  readonly list: Rows<T>;
  readonly columns: readonly Column<T>[];
  readonly empty: ReactNode;
  readonly onOpen?: (row: T) => void;
}

/** A list of the API as a table: loading, error, nothing, rows, and more rows as one scrolls. */
export function ListTable<T extends { readonly id: string }>(props: ListTableProps<T>) {
  const { label, list, columns, empty, onOpen } = props;
  if (list.error && list.count === 0) {
    return <ErrorState error={list.error} onRetry={() => list.refetch()} />;
  }
  return (
    <RowTable
      label={label}
      columns={columns}
      count={list.count}
      at={(index) => list.at(index)}
      see={list.see}
      hasMore={list.hasMore}
      isLoading={list.isLoading}
      rowKey={({ id }) => id}
      empty={empty}
      {...(onOpen ? { onOpen } : {})}
    />
  );
}
