import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";
import { type Item, call } from "../../api/client.ts";
import { refresh } from "../../api/queries.ts";

export type Review = Item<"GET /admin/v1/reviews">;

interface Decided {
  readonly review: Review;
  /** Null when skipped. */
  readonly label: string | null;
  readonly sent: Promise<unknown>;
}

interface Told {
  readonly onError: (error: unknown) => void;
  /** The item was a test: whether the decision was right, and what is. */
  readonly onTest: (review: Review, right: boolean, label: string) => void;
}

/** Spans come back as they were left: nobody marks them twice. */
const asDecided = ({ review, label }: Decided): Review =>
  review.kind === "text-spans" && label !== null ? { ...review, proposals: [{ label }] } : review;

const atHand = 6;

/** What was claimed and not decided is for the others. */
const giveBack = () => call("POST /admin/v1/reviews/release", { body: {} });

/**
 * The items at hand, the first one shown. A decision shows the next item at once; it is sent behind, and comes back when it
 * was refused; the window asks before it closes over one on its way. The next items are asked for while there are still some. Another queue is another workbench: give the component a key.
 */
export function useWorkbench(queue: string | undefined, listeners: Told) {
  const client = useQueryClient();
  const told = useRef(listeners);
  useEffect(() => void (told.current = listeners));
  const [items, setItems] = useState<readonly Review[]>([]);
  const [decided, setDecided] = useState<readonly Decided[]>([]);
  const [isAsking, setAsking] = useState(true);
  const [isEmpty, setEmpty] = useState(false);
  const ended = useRef(new Set<string>());
  const asking = useRef(false);
  const sending = useRef(0);
  const last = useRef<Promise<unknown>>(Promise.resolve());

  const fill = useCallback(async (): Promise<void> => {
    if (asking.current) return;
    asking.current = true;
    try {
      await last.current; // what is on its way would be claimed again
      const body = { count: atHand, ...(queue ? { queue } : {}) };
      const { data } = await call("POST /admin/v1/reviews/claim", { body });
      const fresh = data.filter(({ id }) => !ended.current.has(id));
      setItems((known) => [...known, ...fresh.filter(({ id }) => known.every((item) => item.id !== id))]);
      setEmpty(fresh.length === 0);
    } catch (error) {
      setEmpty(true);
      told.current.onError(error);
    } finally {
      asking.current = false;
      setAsking(false);
    }
  }, [queue]);

  useEffect(() => {
    const stayWhileSending = (event: BeforeUnloadEvent): void => {
      if (sending.current > 0) event.preventDefault();
    };
    const leave = (): void => void giveBack().catch(() => {}); // no time to tell anybody
    void fill();
    window.addEventListener("beforeunload", stayWhileSending);
    window.addEventListener("pagehide", leave);
    return () => {
      window.removeEventListener("beforeunload", stayWhileSending);
      window.removeEventListener("pagehide", leave);
      last.current = last.current.then(giveBack).catch(() => {});
    };
  }, [fill]);

  useEffect(() => {
    if (items.length < atHand / 2 && !isEmpty) void fill();
  }, [items.length, isEmpty, fill]);

  const send = async (review: Review, label: string | null): Promise<void> => {
    const params = { id: review.id };
    try {
      if (label === null) await call("POST /admin/v1/reviews/{id}/skip", { params, body: {} });
      else {
        const answer = await call("POST /admin/v1/reviews/{id}/settle", { params, body: { label } });
        if (answer.gold && answer.label !== null) told.current.onTest(review, answer.label === label, answer.label);
      }
      void refresh(client, ["GET /admin/v1/review-counts"]);
    } catch (error) {
      setDecided((all) => all.filter((each) => each.review.id !== review.id));
      told.current.onError(error);
    }
  };

  return {
    current: items[0],
    next: items[1],
    done: decided.length,
    isAsking,
    lastDecided: decided.at(-1),
    decide(label: string | null): void {
      const [review] = items;
      if (!review) return;
      ended.current.add(review.id);
      sending.current++;
      const sent = last.current.then(() => send(review, label)).finally(() => void sending.current--);
      last.current = sent;
      setItems((known) => known.slice(1));
      setDecided((all) => [...all, { review, label, sent }]);
    },
    async undo(): Promise<void> {
      const before = decided.at(-1);
      if (!before) return;
      setDecided((all) => all.slice(0, -1));
      try {
        await before.sent;
        await call("POST /admin/v1/reviews/{id}/undo", { params: { id: before.review.id }, body: {} });
        ended.current.delete(before.review.id);
        setItems((known) => [asDecided(before), ...known]);
        void refresh(client, ["GET /admin/v1/review-counts"]);
      } catch (error) {
        told.current.onError(error);
      }
    },
  };
}

export type Workbench = ReturnType<typeof useWorkbench>;
