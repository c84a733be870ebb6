/** What a run may not bring: asked about its template, and every image, secret, service account and path that it names. */
import { type AllowQuestion, allowsEverything, checkAllowed, refuseDisallowed, shown } from "../../core/allow.ts";
import type { Issue } from "../../core/errors.ts";
import type { PlannedRun } from "../../core/run.ts";
import { checkSafeFields } from "../../core/safe-fields.ts";
import type { Target } from "../../core/target.ts";
import { annotationIssues } from "./annotations.ts";
import { objectIn, textIn } from "./documents.ts";
import { namespaceOf } from "./namespace.ts";
import { type Named, reachedBy } from "./reached.ts";
import { secretKeyOf } from "./references.ts";
import { safeJob } from "./safe.ts";
import type { KubernetesSettings } from "./target.ts";
import { kubernetesRun, podOf, type Template, targetTemplate } from "./template.ts";

/** The service account of a pod that names none, or an empty one. */
const DEFAULT_ACCOUNT = "default";

type Ask = (rule: AllowQuestion["rule"], named: readonly Named[]) => readonly (Issue | undefined)[];

/** Throws `Refusal` NOT_ALLOWED that names every rule that the run reaches outside of. */
export function refuseOutside(run: PlannedRun, target: Target<KubernetesSettings>, template: Template, image: string): void {
  const config = kubernetesRun(run);
  const ask = asking(run, target);
  const account = config?.serviceAccountName;
  refuseDisallowed([
    ...ask("images", run.request.flow?.storage?.type === "Docker" ? [[image, "flow.storage"]] : []),
    ...ask("images", config?.image ? [[config.image, "run_config.image"]] : []),
    ...ask("service_accounts", account === undefined ? [] : [[account || DEFAULT_ACCOUNT, "run_config.service_account_name"]]),
    ...ask(
      "secrets",
      (config?.imagePullSecrets ?? []).map((name, index) => [name, `run_config.image_pull_secrets[${index}]`]),
    ),
    ...(template.origin === "run" ? ofTemplate(template, target, run, ask) : []),
  ]);
}

/** Asks about values unless the target itself names them: in its settings, or in its template. */
function asking(run: PlannedRun, target: Target<KubernetesSettings>): Ask {
  const { settings } = target;
  const own = reachedBy(targetTemplate(run, target), "");
  const names = (named: readonly Named[]) => named.map(([name]) => name);
  const accounts = [settings.serviceAccountName, ...names(own.serviceAccounts)].filter((name) => name !== undefined && name !== "");
  const ofTarget: Partial<Record<AllowQuestion["rule"], readonly (string | undefined)[]>> = {
    images: [target.image, ...names(own.images)],
    secrets: [
      ...Object.values(target.secrets).map((reference) => secretKeyOf(reference)?.name),
      ...(settings.imagePullSecrets ?? []),
      ...names(own.secrets),
    ],
    service_accounts: accounts.length === 0 ? [DEFAULT_ACCOUNT] : accounts,
    binds: names(own.hostPaths),
    namespaces: [namespaceOf(target)],
  };
  return (rule, named) => named.map(([value, path]) => checkAllowed({ target, rule, value, path, own: ofTarget[rule] ?? [] }));
}

function ofTemplate(
  { document, path }: Template,
  target: Target<KubernetesSettings>,
  run: PlannedRun,
  ask: Ask,
): readonly (Issue | undefined)[] {
  const reached = reachedBy(document, path);
  const namespace = textIn(objectIn(document, "metadata"), "namespace");
  const ownClaims = reachedBy(targetTemplate(run, target), "").claims.map(([name]) => name);
  return [
    ...checkSafeFields({ document, safe: safeJob(target), target, rule: "safe_fields", path }),
    ...ask("namespaces", namespace === undefined ? [] : [[namespace, `${path}.metadata.namespace`]]),
    ...ask("images", reached.images),
    ...ask("secrets", reached.secrets),
    ...ask("binds", reached.hostPaths),
    ...ask(
      "service_accounts",
      reached.serviceAccounts.map(([name, at]) => [name || DEFAULT_ACCOUNT, at]),
    ),
    ...(allowsEverything(target) ? [] : [...annotationIssues(document, target, path), ...otherIssues(document, target, path)]),
    ...(allowsEverything(target) ? [] : reached.claims)
      .filter(([name]) => !ownClaims.includes(name))
      .map(([name, at]) => outside(target, at, `the claim ${shown(name)} is not one that the target itself mounts`)),
  ];
}

/** A class of the cluster's own parts would take the room from other people's pods. */
function otherIssues(document: Template["document"], target: Target, path: string): readonly Issue[] {
  const priority = textIn(podOf(document), "priorityClassName") ?? "";
  if (!priority.startsWith("system-")) return [];
  return [outside(target, `${path}.spec.template.spec.priorityClassName`, `${shown(priority)} is for parts of the cluster itself`)];
}

function outside(target: Target, path: string, why: string): Issue {
  const remedy = `the operator can set it on the target itself, or let everything through with the target's allow: "*"`;
  return { path, message: `rule safe_fields of target "${target.name}": ${why}; ${remedy}` };
}
