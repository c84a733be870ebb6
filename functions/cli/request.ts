import type { Json } from "../../shared/core/json.ts";
import { readJson } from "../../shared/schema/json-document.ts";
import { decodeMessage, type Message } from "../../shared/schema/message.ts";
import { inlineTemplates } from "./inline.ts";
import { inputName, readInput } from "./input.ts";
import { about } from "./refusal.ts";

/** Reads and validates the message in a file. Throws `Refusal` with all that is wrong with it. */
export async function readMessage(file: string, fallbackId: string): Promise<Message> {
  return about(inputName(file), async () => decodeDocument(readJson(await readInput(file)), file, fallbackId));
}

/** The message that a file's JSON is, with the templates of this machine that it names put inline. Throws `Refusal`. */
export async function decodeDocument(document: Json, file: string, fallbackId: string): Promise<Message> {
  return decodeMessage(JSON.stringify(await inlineTemplates(document, file)), { messageId: fallbackId });
}
