import { useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import type { Answer, Input } from "../../api/client.ts";
import { refresh } from "../../api/queries.ts";
import { callForEvents } from "../../api/stream.ts";

type Body = Input<"POST /admin/v1/routes/{endpoint}/try">["body"];
export type Message = Body["messages"][number];
export type Told = Answer<"POST /admin/v1/routes/{endpoint}/try">;

/** What came last of the answer that was asked for. */
export type Ending = { readonly kind: "told"; readonly told: Told } | { readonly kind: "stopped" } | undefined;

export interface Chat {
  readonly talk: readonly Message[];
  readonly isBusy: boolean;
  readonly ending: Ending;
  readonly error: unknown;
  send(message: string, how: Omit<Body, "messages"> & { readonly system: string }): Promise<void>;
  stop(): void;
  clear(): void;
}

const partOf = (event: unknown): Partial<Told> => event as Partial<Told>;

/** A conversation with an endpoint's upstreams, kept on this page alone; the answer grows as it comes. */
export function useChat(endpoint: string): Chat {
  const client = useQueryClient();
  const [talk, setTalk] = useState<readonly Message[]>([]);
  const [isBusy, setBusy] = useState(false);
  const [ending, setEnding] = useState<Ending>();
  const [error, setError] = useState<unknown>(null);
  const asked = useRef<AbortController | null>(null);
  return {
    talk,
    isBusy,
    ending,
    error,
    async send(message, { system, ...how }) {
      const stop = new AbortController();
      asked.current = stop;
      const said: readonly Message[] = [...talk, { role: "user", content: message }];
      const messages: Message[] = [...(system ? [{ role: "system" as const, content: system }] : []), ...said];
      let content = "";
      const show = (): void => setTalk([...said, { role: "assistant", content }]);
      setBusy(true);
      setError(null);
      setEnding(undefined);
      setTalk(said);
      try {
        const input = { params: { endpoint }, body: { ...how, messages } };
        for await (const event of callForEvents("POST /admin/v1/routes/{endpoint}/try", input, stop.signal)) {
          const part = partOf(event);
          if (part.object === "chat_trial") setEnding({ kind: "told", told: event as Told });
          else content += part.text ?? "";
          show();
        }
      } catch (failure) {
        if (stop.signal.aborted) setEnding({ kind: "stopped" });
        else setError(failure);
        if (content === "") setTalk(talk); // nothing came: it may be sent again
      } finally {
        setBusy(false);
        await refresh(client, ["GET /admin/v1/routes"]);
      }
    },
    stop: () => asked.current?.abort(),
    clear() {
      setTalk([]);
      setEnding(undefined);
      setError(null);
    },
  };
}
