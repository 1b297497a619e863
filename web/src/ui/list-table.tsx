import type { ReactNode } from "react";
import { type Column, DataTable } from "./data-table.tsx";
import { ErrorState } from "./states.tsx";

/** What `useList` gives, as far as a table needs it. */
interface List<T> {
  readonly items: readonly T[];
  readonly error: unknown;
  readonly isPending: boolean;
  readonly hasNextPage: boolean;
  readonly isFetchingNextPage: boolean;
  readonly fetchNextPage: () => unknown;
  readonly refetch: () => unknown;
}

interface ListTableProps<T> {
  readonly label: string;
  readonly list: List<T>;
  readonly columns: readonly Column<T>[];
  readonly empty: ReactNode;
  readonly onOpen?: (row: T) => void;
}

/** A list of the API as a table: loading, error, nothing, rows, and more rows as one scrolls. */
export function ListTable<T extends { readonly id: string }>(props: ListTableProps<T>) {
  const { label, list, columns, empty, onOpen } = props;
  if (list.error && list.items.length === 0) {
    return <ErrorState error={list.error} onRetry={() => void list.refetch()} />;
  }
  return (
    <DataTable
      label={label}
      columns={columns}
      rows={list.items}
      rowKey={({ id }) => id}
      hasMore={list.hasNextPage}
      isLoadingMore={list.isFetchingNextPage}
      onMore={() => void list.fetchNextPage()}
      isLoading={list.isPending}
      empty={empty}
      {...(onOpen ? { onOpen } : {})}
    />
  );
}
