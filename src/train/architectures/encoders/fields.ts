import { z } from "zod";
import { limits } from "../../../kernel/limits.ts";

/** The name under which an encoder was brought: `millrace encoder list`. */
export const encoderName = z.string().min(1).max(limits.nameCharsMax).default("use-lite");
