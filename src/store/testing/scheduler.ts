import { must } from "../../kernel/errors.ts";
import type { Random } from "../../kernel/random.ts";

/** Something that will happen when the scheduler picks it. */
interface Event {
  readonly process: number;
  readonly label: string;
  /** Who it waits for: an event of the database may not happen while another process has it locked. */
  readonly mayHappen: () => boolean;
  readonly happen: () => void;
}

/**
 * All that takes time in a simulation, in an order that a seed decides: a call to the outside is two events, its effect
 * there and its answer here, and between any two events a process may die. Then its answers never come, and each effect
 * that was on its way happens or does not.
 */
export interface Scheduler {
  /** The effect happens at a later event, its outcome arrives at another; never, if the process has died by then. */
  call<T>(process: number, label: string, effect: () => T, mayHappen?: () => boolean): Promise<T>;
  /** One event; false when there is none. */
  step(): Promise<boolean>;
  /** The process dies now. */
  kill(process: number): void;
  /** Labels of what has happened, as one number: equal for equal seeds. */
  trace(): number;
}

export function createScheduler(random: Random): Scheduler {
  let events: Event[] = [];
  let traced = 0;
  const dead = new Set<number>();
  const push = (event: Event): void => void (dead.has(event.process) || events.push(event));
  const always = (): boolean => true;
  return {
    call: (process, label, effect, mayHappen = always) =>
      new Promise((resolve, reject) => {
        push({
          process,
          label,
          mayHappen,
          happen() {
            const outcome = settle(effect);
            const answer = (): void => (outcome.ok ? resolve(outcome.value) : reject(outcome.error));
            push({ process, label: `${label} answers`, mayHappen: always, happen: answer });
          },
        });
      }),
    async step() {
      let ready = events.filter(({ mayHappen }) => mayHappen());
      if (ready.length === 0) {
        await microtasks(); // work that has just begun
        ready = events.filter(({ mayHappen }) => mayHappen());
      }
      if (ready.length === 0) return false;
      const next = must(ready[random.below(ready.length)], "one of the events that are ready");
      events.splice(events.indexOf(next), 1);
      for (const char of `${next.process} ${next.label};`) traced = (Math.imul(traced, 31) + char.charCodeAt(0)) | 0;
      next.happen();
      await microtasks(); // so that who dies after this event has answered whom it would have answered
      return true;
    },
    kill(process) {
      dead.add(process); // what it would still ask or hear never happens
      const own = events.filter((event) => event.process === process);
      events = events.filter((event) => event.process !== process);
      for (const { label, mayHappen, happen } of own) {
        if (!label.endsWith(" answers") && random.next() < 0.5 && mayHappen()) happen(); // it had reached the database
      }
    },
    trace: () => traced,
  };
}

function settle<T>(
  effect: () => T,
): { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown } {
  try {
    return { ok: true, value: effect() };
  } catch (error) {
    return { ok: false, error };
  }
}

/** Lets everything happen that does not wait for the outside. */
const microtasks = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
