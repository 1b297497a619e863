import { ApiError, type Input, type RouteName, send } from "./client.ts";

/** Calls a route that answers with server-sent events of JSON. Errors: `ApiError` (also told by an event), `ConnectionLost`. */
export async function* callForEvents<R extends RouteName>(
  route: R,
  input: Input<R>,
  signal: AbortSignal,
): AsyncGenerator {
  const { body } = await send(route, input, signal);
  if (!body) return;
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let waiting = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const events = `${waiting}${value}`.split("\n\n");
    waiting = events.pop() ?? "";
    for (const event of events) {
      const told: unknown = JSON.parse(event.replace(/^data: /, ""));
      if (typeof told === "object" && told !== null && "error" in told) throw new ApiError(500, told.error as object);
      yield told;
    }
  }
}
