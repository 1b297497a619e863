import { StringDecoder } from "node:string_decoder";

/** One server-sent event. */
export interface SseEvent {
  /** Null where the stream names none. */
  readonly event: string | null;
  /** The lines of its data, joined by line feeds. */
  readonly data: string;
}

/** Thrown when one event is larger than it may be. */
export class EventTooLarge extends Error {}

/**
 * Reads a stream of server-sent events by event, whatever the network made of it: characters and line ends may be split
 * anywhere. Comments, which keep connections alive, and fields that are of no use here (`id`, `retry`) are passed over.
 */
export class SseReader {
  readonly #decoder = new StringDecoder("utf8");
  readonly #charsMax: number;
  #rest = ""; // what follows the last whole line
  #scanned = 0; // how much of it is known to hold no line end
  #started = false;
  #afterCr = false;
  #event: string | null = null;
  #data: string[] = [];
  #dataChars = 0;

  constructor(eventCharsMax: number) {
    this.#charsMax = eventCharsMax;
  }

  /** The events that this chunk completes. Throws `EventTooLarge`. */
  push(chunk: Uint8Array): SseEvent[] {
    return this.#read(this.#decoder.write(chunk));
  }

  /** At the stream's end: an event that lacks only its empty line is still one. */
  end(): SseEvent[] {
    const events = this.#read(this.#decoder.end());
    if (this.#rest !== "") this.#line(this.#rest);
    this.#rest = "";
    this.#dispatch(events);
    return events;
  }

  #read(text: string): SseEvent[] {
    const events: SseEvent[] = [];
    let fresh = text;
    if (!this.#started && fresh !== "") {
      this.#started = true;
      if (fresh.charCodeAt(0) === 0xfeff) fresh = fresh.slice(1);
    }
    const whole = this.#rest + fresh;
    let from = 0;
    let i = this.#scanned;
    for (; i < whole.length; i++) {
      const code = whole.charCodeAt(i);
      if (code === 10 && this.#afterCr && i === from) {
        from = i + 1; // the line feed of a CRLF
        this.#afterCr = false;
      } else if (code === 10 || code === 13) {
        if (i === from) this.#dispatch(events);
        else this.#line(whole.slice(from, i));
        from = i + 1;
        this.#afterCr = code === 13;
      } else if (i === from) this.#afterCr = false;
    }
    this.#rest = whole.slice(from);
    this.#scanned = this.#rest.length;
    this.#bound(this.#rest.length);
    return events;
  }

  #line(line: string): void {
    const colon = line.indexOf(":");
    if (colon === 0) return; // a comment
    const field = colon < 0 ? line : line.slice(0, colon);
    const valueAt = colon < 0 ? line.length : line.charCodeAt(colon + 1) === 32 ? colon + 2 : colon + 1;
    if (field === "data") {
      this.#bound(line.length);
      this.#data.push(line.slice(valueAt));
      this.#dataChars += line.length;
    } else if (field === "event") this.#event = line.slice(valueAt);
  }

  #dispatch(events: SseEvent[]): void {
    if (this.#data.length > 0) {
      const data = this.#data.length === 1 ? (this.#data[0] ?? "") : this.#data.join("\n");
      events.push({ event: this.#event, data });
      this.#data = [];
      this.#dataChars = 0;
    }
    this.#event = null;
  }

  #bound(charsMore: number): void {
    if (this.#dataChars + charsMore > this.#charsMax) {
      throw new EventTooLarge(`one event has more than ${this.#charsMax} characters`);
    }
  }
}
