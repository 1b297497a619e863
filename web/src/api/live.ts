import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { addressOf } from "./client.ts";
import { refresh, streaming } from "./queries.ts";

interface News {
  /** Beginnings of routes that are asked anew. */
  readonly touches: readonly string[];
  /** A busy server has news every second; pages need not follow each. */
  readonly gapMs: number;
}

/** What each kind of news of `GET /admin/v1/live` makes old. */
const news: Readonly<Record<string, News>> = {
  predictions: { touches: ["GET /admin/v1/wheel", "GET /admin/v1/endpoints"], gapMs: 5_000 },
  runs: {
    touches: ["GET /admin/v1/runs", "GET /admin/v1/searches", "GET /admin/v1/models", "GET /admin/v1/wheel"],
    gapMs: 1_500,
  },
  reviews: { touches: ["GET /admin/v1/review-counts", "GET /admin/v1/wheel"], gapMs: 1_500 },
  invoices: { touches: ["GET /admin/v1/invoices", "GET /admin/v1/customers", "GET /admin/v1/wheel"], gapMs: 1_500 },
  payments: { touches: ["GET /admin/v1/invoices", "GET /admin/v1/customers", "GET /admin/v1/wheel"], gapMs: 1_500 },
  changes: {
    touches: ["audit-events", "customers", "datasets", "endpoints", "partners", "plans", "products", "users"].map(
      (noun) => `GET /admin/v1/${noun}`,
    ),
    gapMs: 1_500,
  },
};

/** After a refusal the browser does not come again by itself. */
const comeAgainMs = 30_000;

/**
 * Listens while the window is seen: a stream takes one of the six connections that a browser has for a server. What is
 * known when a stream begins may be old already, so it is asked anew.
 */
export function useNews(): void {
  const client = useQueryClient();
  useEffect(() => {
    let stream: Stream | undefined;
    const seen = (): void => {
      stream?.close();
      stream = document.hidden ? undefined : openStream(client);
    };
    seen();
    document.addEventListener("visibilitychange", seen);
    return () => {
      document.removeEventListener("visibilitychange", seen);
      stream?.close();
    };
  }, [client]);
}

interface Stream {
  close(): void;
}

function openStream(client: QueryClient): Stream {
  const source = new EventSource(addressOf("GET /admin/v1/live", {}));
  const heard = throttle(client);
  let next: Stream | undefined;
  let waiting: ReturnType<typeof setTimeout> | undefined;
  source.onopen = () => {
    streaming.set(true);
    void refresh(client, ["GET /admin/v1/"]);
  };
  source.onmessage = ({ data }: MessageEvent<string>) => heard.news((JSON.parse(data) as { type: string }).type);
  source.onerror = () => {
    streaming.set(false);
    if (source.readyState !== EventSource.CLOSED) return; // it tries again by itself
    void refresh(client, ["GET /auth/v1/state"]); // was the session over?
    waiting = setTimeout(() => (next = openStream(client)), comeAgainMs);
  };
  return {
    close() {
      clearTimeout(waiting);
      heard.close();
      source.close();
      next?.close();
      streaming.set(false);
    },
  };
}

/** The first news of a kind counts at once, those of the gap after it together at its end. */
function throttle(client: QueryClient) {
  const gaps = new Map<string, { timer: ReturnType<typeof setTimeout>; hasMore: boolean }>();
  const act = (type: string, { touches, gapMs }: News): void => {
    void refresh(client, touches);
    const ended = (): void => {
      const { hasMore } = gaps.get(type) ?? { hasMore: false };
      gaps.delete(type);
      if (hasMore) act(type, { touches, gapMs });
    };
    gaps.set(type, { timer: setTimeout(ended, gapMs), hasMore: false });
  };
  return {
    news(type: string): void {
      const known = news[type];
      const gap = gaps.get(type);
      if (gap) gap.hasMore = true;
      else if (known) act(type, known);
    },
    close(): void {
      for (const { timer } of gaps.values()) clearTimeout(timer);
    },
  };
}
