/** The public TypeScript API: what a program needs that embeds Millrace's parts. The engine alone is `millrace/tensor`. */
export { openApp } from "./app.ts";
export { loadConfig } from "./config.ts";
export { Refusal, type RefusalCode } from "./kernel/errors.ts";
export { type Random, seededRandom, shuffle } from "./kernel/random.ts";
export { type Predictor, loadBundle, openPredictor } from "./models/index.ts";
export { type Store, openStore } from "./store/index.ts";
