/** What may change of a run that has ended, and what may not: the judge of the random histories is judged. */
import { expect, test } from "vitest";
import type { RunRecord, TimelineEntry } from "../../shared/core/record.ts";
import { changeJudge } from "./judge.ts";

const END: TimelineEntry = { at: 2, event: "cancelled" };
const STRAY: TimelineEntry = { at: 3, event: "stray stopped", message: "attempt 1 was found, and told to stop" };

const ENDED: RunRecord = {
  id: "r",
  key: "k",
  attempt: 1,
  digest: "d",
  state: "CANCELLED",
  handle: "h",
  target: "one",
  place: "here",
  endedAt: 2,
  expiresAt: 9,
  timeline: [{ at: 1, event: "claimed", attempt: 1 }, END],
};

function told(over: Partial<RunRecord> = {}): RunRecord {
  return { ...ENDED, timeline: [...(ENDED.timeline ?? []), STRAY], ...over };
}

const { handle: _handle, ...WITHOUT_HANDLE } = told();

test.each<[string, RunRecord, RunRecord]>([
  ["a stray was stopped, and the history says so", ENDED, told()],
  ["a run without any history says so too", { ...ENDED, timeline: [] }, { ...ENDED, timeline: [STRAY] }],
  ["its end was told", { ...ENDED, unpublished: [{ at: 2, state: "CANCELLED" }], nextCheckAt: 5 }, ENDED],
])("allowed after the end: %s", (_what, before, after) => {
  expect(wrongs(before, after)).toEqual([]);
});

test.each<[string, RunRecord]>([
  ["another state", told({ state: "SUCCEEDED" })],
  ["another handle", told({ handle: "other" })],
  ["no handle any more", WITHOUT_HANDLE],
  ["another exit code", told({ exitCode: 3 })],
  ["another end", told({ endedAt: 4 })],
  ["a longer life", told({ expiresAt: 99 })],
  ["a cancel", told({ cancelRequestedAt: 3 })],
  ["a line in another's place", { ...ENDED, timeline: [...(ENDED.timeline ?? []).slice(0, -1), STRAY] }],
  ["a line that is not the last", { ...ENDED, timeline: [STRAY, ...(ENDED.timeline ?? [])] }],
  ["two lines at once", told({ timeline: [...(told().timeline ?? []), STRAY] })],
  ["a line of another event", { ...ENDED, timeline: [...(ENDED.timeline ?? []), { ...STRAY, event: "launched" }] }],
])("found, with a stray's line beside it or without: %s", (_what, after) => {
  expect(wrongs(ENDED, after)).toContain("r: it was changed after its end in CANCELLED");
});

function wrongs(before: RunRecord, after: RunRecord): readonly string[] {
  const found: string[] = [];
  changeJudge(found)(before, after);
  return found;
}
