export { type Decision, decide } from "./decide.ts";
export { type Experiment, type LiveVerdict, experimentsOf } from "./live/experiment.ts";
export { renderVerdict } from "./render.ts";
export { type NewTrigger, type Trigger, listTriggers, pullTriggers, setTrigger, startTriggers } from "./triggers.ts";
export {
  type LoopDeps,
  type NewTurn,
  type Turn,
  getTurn,
  listTurns,
  loopJobs,
  recipeOfChampion,
  startTurn,
} from "./turns.ts";
export type { Touches } from "./touches.ts";
export { type JudgeInput, type Verdict, getVerdict, judge, listVerdicts } from "./verdicts.ts";
