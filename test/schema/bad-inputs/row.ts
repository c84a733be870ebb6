import type { RefusalCode } from "../../../shared/core/errors.ts";
import { CANARY } from "../arbitrary.ts";

/** One bad input: the rule that it breaks, the input, and what is said of it: code, exact path, part of the message. */
export type BadInput<Input> = readonly [rule: string, input: Input, code: RefusalCode, path: string, message: string];

/** A text that no message may repeat: it stands for a secret. */
export const SECRET = `p4ss-${CANARY}`;
