import { Refusal } from "../../shared/core/errors.ts";
import type { Json } from "../../shared/core/json.ts";
import { readJson } from "../../shared/schema/json-document.ts";
import { decodeMessage, type Message } from "../../shared/schema/message.ts";
import { inlineTemplates } from "./inline.ts";
import { inputName, readInput } from "./input.ts";
import { about } from "./refusal.ts";

/** Reads and validates the message in a file. Throws `Refusal` with all that is wrong with it. */
export async function readMessage(file: string, fallbackId: string): Promise<Message> {
  return about(inputName(file), async () => decodeDocument(readRequest(await readInput(file), file), file, fallbackId));
}

function readRequest(bytes: Uint8Array, file: string): Json {
  try {
    return readJson(bytes);
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== "NOT_JSON" || !/\.ya?ml$/i.test(file)) throw error;
    throw new Refusal("NOT_JSON", {
      path: "",
      message: `${error.message}; a request is JSON, and YAML is for configurations (\`--config\`)`,
    });
  }
}

/** The message that a file's JSON is, with the templates of this machine that it names put inline. Throws `Refusal`. */
export async function decodeDocument(document: Json, file: string, fallbackId: string): Promise<Message> {
  return decodeMessage(JSON.stringify(await inlineTemplates(document, file)), { messageId: fallbackId });
}
