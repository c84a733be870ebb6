/** The quarantine as the command line works on it. */
import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { dynamoQuarantine } from "../../shared/adapters/quarantine.ts";
import { quarantined } from "../../shared/adapters/quarantine-list.ts";
import { textKeeper } from "../../shared/adapters/text-keeper.ts";
import { StateUnavailable } from "../../shared/core/errors.ts";
import type { KeptMessage, Quarantine } from "../../shared/core/ports.ts";
import type { Settings } from "../../shared/schema/settings.ts";
import type { Embedded } from "./options.ts";
import { payloadsOf } from "./payloads.ts";

/** Refused messages, and the list of them. */
export interface QuarantineState extends Quarantine {
  /** Those that first came within the last days, newest first. */
  list(now: number, days: number): Promise<readonly KeptMessage[]>;
}

/** Opens the quarantine of a table. What is kept elsewhere is read from there; something large is put where `SLIPWAY_PAYLOADS` says. */
export function quarantineOf(settings: Settings, client: DynamoDBDocumentClient, table: string, embedded: Embedded): QuarantineState {
  return {
    ...dynamoQuarantine(client, table, textKeeper(payloadsOf(settings, settings.payloads, embedded))),
    list: (now, days) =>
      quarantined(client, table, now, days).catch((cause: unknown) => {
        throw new StateUnavailable("the quarantine could not be read", { cause });
      }),
  };
}
