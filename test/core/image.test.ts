import { expect, test } from "vitest";
import { chooseImage, requireImage } from "../../shared/core/image.ts";
import type { FlowStorage, RunConfig } from "../../shared/core/run.ts";
import { refusalOf } from "../support/refusal.ts";
import { doubleTarget, plannedRun, runConfig } from "../support/runs.ts";

interface Sources {
  readonly storage?: FlowStorage;
  readonly config?: Partial<RunConfig>;
  readonly template?: string;
  readonly target?: string;
}

function sources({ storage, config = { type: "DockerRun" }, template, target }: Sources) {
  return {
    run: plannedRun({ runConfig: runConfig(config), ...(storage === undefined ? {} : { flow: { storage } }) }),
    target: doubleTarget(target === undefined ? {} : { image: target }),
    ...(template === undefined ? {} : { template }),
  };
}

const DOCKER = { type: "Docker", registry_url: "reg.example.com", image_name: "etl", image_tag: "v1" };

test.each<[string, Sources, string | undefined]>([
  [
    "Docker storage beats all others",
    { storage: DOCKER, config: { type: "ECSRun", image: "run" }, template: "t", target: "x" },
    "reg.example.com/etl:v1",
  ],
  ["Docker storage beats even an empty image", { storage: DOCKER, config: { type: "ECSRun", image: "" } }, "reg.example.com/etl:v1"],
  ["Docker storage without a registry", { storage: { type: "Docker", image_name: "etl", image_tag: "v1" } }, "etl:v1"],
  ["Docker storage with a null registry", { storage: { ...DOCKER, registry_url: null } }, "etl:v1"],
  ["Docker storage with an empty registry", { storage: { ...DOCKER, registry_url: "" } }, "etl:v1"],
  [
    "Docker storage with a slash at the end of its registry",
    { storage: { ...DOCKER, registry_url: "reg.example.com/team/" } },
    "reg.example.com/team/etl:v1",
  ],
  ["other storage names no image", { storage: { ...DOCKER, type: "S3" }, target: "x" }, "x"],
  ["the run config beats the template", { config: { type: "KubernetesRun", image: "run" }, template: "t", target: "x" }, "run"],
  ["the template beats the target", { template: "t", target: "x" }, "t"],
  ["an empty image of a template is none", { template: "", target: "x" }, "x"],
  ["the target comes last", { target: "x" }, "x"],
  ["an empty image of a target is none", { target: "" }, undefined],
  ["a type without an image takes the target's", { config: { type: "UniversalRun" }, target: "x" }, "x"],
  ["nothing is hard-wired", {}, undefined],
])("image: %s", (_rule, given, expected) => {
  expect(chooseImage(sources(given))).toBe(expected);
});

test("an empty image in the run config counts as given, and is refused", () => {
  const refusal = refusalOf(() => chooseImage(sources({ config: { type: "DockerRun", image: "" }, template: "t", target: "x" })));
  expect(refusal).toMatchObject({ code: "IMAGE_MISSING", path: "run_config.image" });
});

test("a run that needs an image is told every place for it", () => {
  const refusal = refusalOf(() => requireImage(sources({})));
  expect(refusal.code).toBe("IMAGE_MISSING");
  for (const place of ["flow.storage", "run_config.image", "template", 'target "one" (image)']) expect(refusal.message).toContain(place);
  expect(requireImage(sources({ target: "x" }))).toBe("x");
});
