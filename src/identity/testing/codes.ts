export { codeAt, fromBase32, stepAt } from "../totp.ts";
