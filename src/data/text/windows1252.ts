/** Bytes 0x80 to 0x9F of windows-1252; the five unassigned ones stay the control characters that cleaning removes. */
const upperControls = "€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ";

/** The character of a byte; by table, because Node 20 decodes windows-1252 as if it were ISO 8859-1. */
export function windows1252Char(byte: number): string {
  return byte >= 0x80 && byte < 0xa0 ? upperControls.charAt(byte - 0x80) : String.fromCharCode(byte);
}
