import { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import { Refusal } from "../../kernel/errors.ts";
import { sha256 } from "../../kernel/hash.ts";
import { type ElementType, sizeOf } from "../graph/shape.ts";

/** Numbers with a type and a shape: what a session takes and gives. int64 data is a BigInt64Array, bool a Uint8Array. */
export interface Value {
  readonly type: string;
  readonly dims: readonly number[];
  readonly data: Float32Array | Int32Array | BigInt64Array | Uint8Array;
}
export type Values = { readonly [name: string]: Value };

/** A graph ready to run. A run blocks its thread until it is done, although it returns a promise. */
export interface Session {
  readonly inputs: readonly ValueDeclaration[];
  readonly outputs: readonly ValueDeclaration[];
  /**
   * `into` names the outputs to compute; one that is given as a value is written there, one given as null is allocated.
   * Without `into`, all are computed.
   */
  run(feeds: Values, into?: { readonly [name: string]: Value | null }): Promise<Values>;
  release(): Promise<void>;
}

export interface ValueDeclaration {
  readonly name: string;
  readonly type: string;
  readonly shape: readonly (number | string)[];
}

export interface SessionOptions {
  /** Threads of one operation, the caller's among them. Default 1. */
  readonly threads?: number;
}

/** The one door to an execution engine. Another engine, or a GPU provider, is another implementation of this. */
export interface Runtime {
  /** Opens a session, or gives the one that is open already for the same bytes and options. */
  session(bytes: Uint8Array, options?: SessionOptions): Promise<Session>;
  /** Releases every session. */
  close(): Promise<void>;
}

/** onnxruntime-node on the CPU, with sessions kept by the content of their file. */
export function systemRuntime(): Runtime {
  const open = new Map<string, Promise<Session>>();
  return {
    session(bytes, options = {}) {
      const key = `${sha256(bytes)} ${options.threads ?? 1}`;
      const found = open.get(key);
      if (found) return found;
      const made = openSession(bytes, options);
      open.set(key, made);
      made.catch(() => open.delete(key));
      return made;
    },
    async close() {
      const sessions = await Promise.all(open.values());
      open.clear();
      await Promise.all(sessions.map((session) => session.release()));
    },
  };
}

/** A session of its own, which the caller releases. Refuses with `invalid_data` a file the engine does not load. */
export async function openSession(bytes: Uint8Array, options: SessionOptions = {}): Promise<Session> {
  const session = await loadSession(bytes, options);
  return {
    inputs: session.inputMetadata.map(declaration),
    outputs: session.outputMetadata.map(declaration),
    run: async (feeds, into) => {
      const outputs = await (into ? session.run(feeds as Feeds, into as Fetches) : session.run(feeds as Feeds));
      return outputs as unknown as Values;
    },
    release: () => session.release(),
  };
}

/** A value over `data`, not a copy: it may be changed between runs. */
export function value(data: Value["data"], dims: readonly number[] = [data.length]): Value {
  if (data.length !== sizeOf(dims)) throw new Error(`${data.length} numbers do not fill [${dims.join(", ")}]`);
  const type = typeOf(data);
  return new OrtTensor(type, data, dims) as unknown as Value;
}

type Feeds = InferenceSession.FeedsType;
type Fetches = InferenceSession.FetchesType;

function typeOf(data: Value["data"]): ElementType {
  if (data instanceof Float32Array) return "float32";
  if (data instanceof Int32Array) return "int32";
  return data instanceof BigInt64Array ? "int64" : "bool";
}

function declaration(metadata: InferenceSession.ValueMetadata): ValueDeclaration {
  if (!metadata.isTensor) return { name: metadata.name, type: "other", shape: [] };
  return { name: metadata.name, type: metadata.type, shape: metadata.shape };
}

async function loadSession(bytes: Uint8Array, options: SessionOptions): Promise<InferenceSession> {
  try {
    return await InferenceSession.create(bytes, {
      executionProviders: ["cpu"],
      graphOptimizationLevel: "all",
      executionMode: "sequential",
      intraOpNumThreads: options.threads ?? 1,
      interOpNumThreads: 1,
      // Memory patterns are kept for every shape ever seen; with dynamic dimensions that only grows.
      enableMemPattern: false,
      logSeverityLevel: 3,
      extra: {
        // A sum and its layer norm in one kernel take four times the time of both: it adds number by number.
        optimization: { disable_specified_optimizers: "SkipLayerNormFusion" },
        session: {
          set_denormal_as_zero: "1", // without it, vanishing gradients cost five times the time
          intra_op: { allow_spinning: "1" }, // waiting threads burn their core while a run lasts,
          force_spinning_stop: "1", //          and sleep between runs
          dynamic_block_base: "4", // what is left of a loop is shared out in ever smaller pieces
        },
      },
    });
  } catch (error) {
    throw new Refusal("invalid_data", `The runtime does not load this ONNX file: ${String(error)}`);
  }
}
