import { type Answer, ConnectionLost, call } from "./client.ts";

export type Upload = Answer<"GET /admin/v1/uploads/{id}">;

interface Uploading {
  readonly signal: AbortSignal;
  /** From 0 to 1. */
  readonly onProgress: (share: number) => void;
}

/** Sends a file piece by piece; after a lost connection it goes on where the server is. Aborted, nothing stays there. */
export async function uploadFile(file: File, { signal, onProgress }: Uploading): Promise<Upload> {
  let upload = await call("POST /admin/v1/uploads", { body: { name: file.name, bytes: file.size } }, signal);
  const params = { id: upload.id };
  signal.addEventListener("abort", () => void call("POST /admin/v1/uploads/{id}/discard", { params }).catch(() => {}));
  for (let lost = 0; upload.received < file.size;) {
    onProgress(upload.received / file.size);
    const at = upload.received;
    try {
      const body = file.slice(at, at + pieceBytes);
      upload = await call("POST /admin/v1/uploads/{id}/append", { params, query: { at }, body }, signal);
      lost = 0;
    } catch (error) {
      if (!(error instanceof ConnectionLost) || ++lost > lostMax) throw error;
      await new Promise((resolve) => setTimeout(resolve, pauseMs * lost));
      upload = await call("GET /admin/v1/uploads/{id}", { params }, signal).catch(() => upload);
    }
  }
  return upload;
}

/** Small enough to arrive in time on a slow line: a request has half a minute. */
const pieceBytes = 1 << 20;
const lostMax = 5;
const pauseMs = 1_000;
