/** What a configuration says that means nothing to a function on AWS. Each is told where a person sees it, before the first run meets it. */
import * as z from "zod/mini";
import { isSecretReference } from "../../shared/core/secret-reference.ts";
import type { Configuration, Target } from "../../shared/core/target.ts";
import { referencesIn } from "./references.ts";

const unixSocket = z.object({ host: z.object({ kind: z.literal("unix") }) });
const kubeconfigFile = z.object({
  cluster: z.object({ kind: z.literal("kubeconfig"), kubeconfig: z.string().check(z.refine((text) => !isSecretReference(text))) }),
});
const inCluster = z.object({ cluster: z.object({ kind: z.literal("in_cluster") }) });

/** One sentence for each thing. */
export function outOfPlace(configuration: Configuration): readonly string[] {
  return [...configuration.targets.flatMap(unreachable), ...unreadable(configuration), ...replaced(configuration)];
}

function unreachable({ name, type, settings }: Target): readonly string[] {
  const told = (why: string) => [`target ${name}: ${why}`];
  if (type === "local") return told("a local process can't outlive the invocation of a function; its runs will be refused");
  if (type === "docker" && unixSocket.safeParse(settings).success)
    return told("a function has no Docker socket beside it; reach the host by ssh://");
  if (type !== "kubernetes") return [];
  if (inCluster.safeParse(settings).success) return told("a function runs in no cluster; name it by eks, gke or server");
  if (!kubeconfigFile.safeParse(settings).success) return [];
  return told("the kubeconfig is a file that is not in the package; give a reference to a secret that holds the document");
}

/** Secrets that are kept where no function finds them. */
function unreadable({ targets, http }: Configuration): readonly string[] {
  const references = [...new Set(referencesIn([targets.map(({ settings }) => settings), http]))].sort();
  const kept = "keep it in Secrets Manager (secretsmanager:) or as a parameter (ssm:)";
  return references.flatMap((reference) => {
    if (reference.startsWith("file:")) return [`${reference}: that file is not in the package; ${kept}`];
    if (!reference.startsWith("env:")) return [];
    const name = reference.slice("env:".length);
    return [`${reference}: serverless.yml gives the functions no variable ${name}; ${kept}, or add it to provider.environment`];
  });
}

/** What the stack brings of its own, and the functions are told of in place of the configuration's. */
function replaced(configuration: Configuration): readonly string[] {
  const own = { table: "a table", queue: "a queue", payloads: "a payloads bucket", notify: "an event bus" } as const;
  return Object.entries(own).flatMap(([field, resource]) =>
    configuration[field as keyof typeof own] === undefined
      ? []
      : [
          `${field}: not used, since the stack has ${resource} of its own; change SLIPWAY_${field.toUpperCase()} in serverless.yml, and the rights, for another`,
        ],
  );
}
