import { type RefusalCode, refusalCodes } from "../kernel/errors.ts";

/** What each code means and what to do about it; where `doc_url` of an error leads. */
const meanings: { readonly [C in RefusalCode | "internal_error"]: string } = {
  invalid_request:
    "The request is not written as the reference says. The message names the field and what is wrong with it.",
  invalid_data: "The request is written well, but what it is about cannot be used: a damaged file, too few examples.",
  invalid_key: "The key is missing, unknown, revoked or expired. Send a valid one as Authorization: Bearer …",
  not_signed_in: "There is no session, or it is over. Sign in again.",
  totp_required: "The password is right; send the code of the authenticator app, or a recovery code, with it.",
  forbidden: "The key or the session is valid but may not do this, or the request does not come from our own pages.",
  address_refused: "The key is valid but may not be used from the address that the request came from.",
  not_entitled: "The customer has no subscription to a product of this endpoint.",
  insufficient_credit:
    "The balance, with its credit limit and minus what requests in flight hold, cannot pay for this call.",
  not_found: "There is no such object, or it belongs to somebody else.",
  conflict:
    "The object is not in a state that allows this, or the same work is under way. Look at it again, then decide.",
  idempotency_mismatch: "This Idempotency-Key was used with another body. Use a new key for a new request.",
  too_large: "The body or the input is longer than the limit in the message.",
  quota_exceeded: "The key has used all the units it may ever use, or the period's spend cap is reached.",
  rate_limited: "Too many requests. Wait as long as Retry-After says.",
  upstream_failed:
    "The server that computes the answer could not be reached, failed or broke off. Nothing was billed unless a part of an answer was delivered.",
  upstream_timeout: "The server that computes the answer took too long. Nothing was billed. Try again.",
  unavailable:
    "The server cannot answer now; nothing was recorded or billed. Wait as long as Retry-After says and try again.",
  cancelled: "The work was cancelled by somebody.",
  internal_error: "A bug on our side. The request id finds it in the log; nothing was billed unless an answer came.",
};

const escape = (text: string): string =>
  text.replace(/[&<>]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[c] ?? c);

/** One small page without scripts. */
export function errorPage(): string {
  const items = Object.entries(meanings).map(([code, meaning]) => {
    const status = code in refusalCodes ? refusalCodes[code as RefusalCode].status : 500;
    return `<h2 id="${code}"><code>${code}</code> <small>HTTP ${status}</small></h2><p>${escape(meaning)}</p>`;
  });
  return [
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>Millrace: errors</title>',
    "<style>body{font:16px/1.5 system-ui;max-width:44rem;margin:2rem auto;padding:0 1rem}:target{background:#fff3bf}</style>",
    '<h1>Errors</h1><p>Every error is <code>{ "error": { type, code, message, param, doc_url, request_id } }</code>.</p>',
    ...items,
  ].join("\n");
}
