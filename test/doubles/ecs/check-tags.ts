import type { Tag } from "@aws-sdk/client-ecs";
import { invalid } from "./refusal.ts";

const KEY = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$/u;
const VALUE = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/u;

export function checkTags(tags: readonly Tag[] | undefined): void {
  if (tags === undefined) return;
  if (tags.length > 50) throw invalid("The number of tags exceeds the limit of 50.");
  for (const { key = "", value = "" } of tags) {
    if (/^aws:/i.test(key)) throw invalid(`Tag keys can't start with aws:. Invalid tag key: ${key}`);
    if (!KEY.test(key)) throw invalid(`Invalid tag key: ${key}`);
    if (!VALUE.test(value)) throw invalid(`Invalid value for the tag ${key}`);
  }
  if (new Set(tags.map(({ key }) => key)).size < tags.length)
    throw invalid("Duplicate tag keys found. Please note that Tag keys are case insensitive.");
}
