/** Every write of the run table, by name. */
import * as claim from "../../shared/core/writes/claim.ts";
import * as follow from "../../shared/core/writes/follow.ts";
import * as observe from "../../shared/core/writes/observe.ts";
import * as operate from "../../shared/core/writes/operate.ts";
import * as publish from "../../shared/core/writes/publish.ts";
import * as settle from "../../shared/core/writes/settle.ts";

export const writes = { ...claim, ...settle, ...observe, ...follow, ...operate, ...publish };
