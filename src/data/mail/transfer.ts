/** RFC 2045: undoes a Content-Transfer-Encoding. Input is binary text, one character a byte. */
export function decodeTransfer(binary: string, encoding: string): Buffer {
  switch (encoding.trim().toLowerCase()) {
    case "quoted-printable":
      return decodeQuotedPrintable(binary);
    case "base64":
      return decodeBase64(binary);
    default:
      return Buffer.from(binary, "latin1");
  }
}

/** `=3D` to `=`, `=` at a line's end to nothing; whatever is malformed stays as it stands. */
export function decodeQuotedPrintable(binary: string): Buffer {
  const text = binary
    .replaceAll(/[ \t]*=[ \t]*\r?\n/g, (soft) => soft.slice(0, soft.indexOf("=")))
    .replaceAll(/=([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(text, "latin1");
}

/** Characters outside the alphabet are skipped; missing padding is no matter. */
export function decodeBase64(binary: string): Buffer {
  return Buffer.from(binary, "base64");
}
