import { expect, test } from "vitest";
import { locateTemplate, placesFrom, type TemplateLocation, templatePlaces } from "../../shared/adapters/template-places.ts";
import { refusalOf } from "../support/refusal.ts";

const FROM = ["/etc/slipway/templates", "s3://acme/templates/", "gs://acme-gcs/k8s", "s3://whole", "s3://one/job.yml"];
const places = templatePlaces(FROM);

const s3 = (bucket: string, key: string): TemplateLocation => ({ store: "s3", bucket, key });
const gs = (bucket: string, key: string): TemplateLocation => ({ store: "gs", bucket, key });
const file = (...files: string[]): TemplateLocation => ({
  store: "file",
  candidates: files.map((path) => ({ folder: "/etc/slipway/templates", file: path })),
});

test.each<[string, string, TemplateLocation]>([
  ["an object below a prefix", "s3://acme/templates/etl/job.yml", s3("acme", "templates/etl/job.yml")],
  ["a prefix without a slash at its end", "gs://acme-gcs/k8s/job.yml", gs("acme-gcs", "k8s/job.yml")],
  ["gcs is gs", "gcs://acme-gcs/k8s/job.yml", gs("acme-gcs", "k8s/job.yml")],
  ["the case of a scheme makes no difference", "S3://acme/templates/a", s3("acme", "templates/a")],
  ["a whole bucket", "s3://whole/any/thing", s3("whole", "any/thing")],
  ["one object", "s3://one/job.yml", s3("one", "job.yml")],
  ["dots within a step", "s3://acme/templates/..a/b..", s3("acme", "templates/..a/b..")],
  ["a plain path counts from the folder", "etl/job.yml", file("/etc/slipway/templates/etl/job.yml")],
  ["so does agent:", "agent:job.yml", file("/etc/slipway/templates/job.yml")],
  ["and agent://", "agent://etl/job.yml", file("/etc/slipway/templates/etl/job.yml")],
  ["an absolute path in the folder", "/etc/slipway/templates/job.yml", file("/etc/slipway/templates/job.yml")],
  ["an absolute agent path in the folder", "agent:///etc/slipway/templates/job.yml", file("/etc/slipway/templates/job.yml")],
  [
    "a path may begin with the folder's own name",
    "./templates/job.yml",
    file("/etc/slipway/templates/templates/job.yml", "/etc/slipway/templates/job.yml"),
  ],
])("allowed: %s", (_rule, path, location) => {
  expect(locateTemplate(path, places)).toEqual(location);
});

test.each<[string, string, RegExp]>([
  ["another bucket", "s3://evil/templates/a", /none of the allowed places/],
  ["a bucket whose name begins alike", "s3://acme-evil/templates/a", /none of the allowed places/],
  ["a prefix that begins alike", "s3://acme/templates-evil/a", /none of the allowed places/],
  ["also where the place has no slash", "gs://acme-gcs/k8s-evil/a", /none of the allowed places/],
  ["the same bucket in the other store", "gs://acme/templates/a", /none of the allowed places/],
  ["a prefix in another case", "s3://acme/Templates/a", /none of the allowed places/],
  ["an object that begins like an allowed one", "s3://one/job.yml.evil", /none of the allowed places/],
  ["a key that climbs", "s3://acme/templates/../secrets/a", /step/],
  ["a key that climbs in the whole bucket", "s3://whole/../acme/a", /step/],
  ["a key with a step that stays", "s3://acme/templates/./a", /step/],
  ["an empty step", "s3://acme/templates//a", /step/],
  ["a key that begins with a slash", "s3://whole//a", /step/],
  ["no key", "s3://whole", /names no object/],
  ["a folder's key", "s3://acme/templates/", /names no object/],
  ["no bucket", "s3:///templates/a", /names no object/],
  ["credentials in place of the bucket", "s3://user:pass@acme/templates/a", /names no object/],
  ["a plain path that climbs", "../secret.yml", /climbs/],
  ["a plain path that climbs and comes back", "x/../../templates/a", /climbs/],
  ["an agent path that climbs", "agent://../secret.yml", /climbs/],
  ["a path that climbs with backslashes", "..\\secret.yml", /climbs/],
  ["an absolute path elsewhere", "/etc/passwd", /outside the template folder/],
  ["an absolute agent path elsewhere", "agent:///etc/passwd", /outside the template folder/],
  ["a folder that begins alike", "/etc/slipway/templates-evil/a", /outside the template folder/],
  ["the folder itself", "/etc/slipway/templates", /outside the template folder/],
  ["the folder itself, relatively", ".", /outside the template folder/],
  ["an empty path", "", /names no file/],
  ["a NUL", "job.yml\0.png", /names no file/],
  ["file:", "file:job.yml", /slipway command/],
  ["file://", "file:///etc/passwd", /slipway command/],
  ["local://", "local://job.yml", /slipway command/],
  ["http", "http://169.254.169.254/latest/meta-data", /not read over http;/],
  ["https", "https://acme.example/job.yml", /not read over https;/],
  ["another scheme", "ftp://acme/job.yml", /known are s3:\/\/, gs:\/\/ \(or gcs:\/\/\), agent: and plain paths/],
  ["data:", "data:text/yaml,a", /scheme is unknown/],
])("refused: %s", (_rule, path, message) => {
  const refusal = refusalOf(() => locateTemplate(path, places));
  expect(refusal.code).toBe("TEMPLATE_NOT_ALLOWED");
  expect(refusal.message).toMatch(message);
});

test("without places nothing is allowed", () => {
  const none = templatePlaces([]);
  for (const path of ["job.yml", "agent:job.yml", "/etc/passwd", "s3://acme/a", "gs://acme/a"]) {
    expect(refusalOf(() => locateTemplate(path, none)).message).toContain("templates.from names none");
  }
});

test.each(["", "http://acme/x", "s3://", "s3:///x", "file:templates", "s3://user@acme/x"])("a place that is none: %j", (place) => {
  expect(refusalOf(() => templatePlaces(["ok", place]))).toMatchObject({ code: "INVALID_CONFIGURATION", path: "templates.from[1]" });
});

test("relative folders of a configuration count from its own folder", () => {
  expect(placesFrom("/etc/slipway", ["templates", "/abs", "s3://acme/x", "../up"])).toEqual([
    "/etc/slipway/templates",
    "/abs",
    "s3://acme/x",
    "/etc/up",
  ]);
});
