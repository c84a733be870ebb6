/** An EKS cluster: its address by DescribeCluster, its token signed here. */
import { DescribeClusterCommand, EKSClient } from "@aws-sdk/client-eks";
import type { Services } from "../../core/launcher.ts";
import { type Access, keptConnections, lasting } from "./access.ts";
import type { KubernetesCluster } from "./cluster.ts";
import { EKS_TOKEN_MILLISECONDS, eksToken } from "./eks-token.ts";

/** A token is made anew a while before the cluster would refuse it. */
const MARGIN_MILLISECONDS = 60_000;
/** A cluster keeps its address; its certificates change now and then. */
const ADDRESS_MILLISECONDS = 3_600_000;
const SILENCE_MILLISECONDS = 5000;

/** The access to an EKS cluster; `endpoints` are for private ones and tests. */
export async function eksAccess(
  { name, region, roleArn }: Extract<KubernetesCluster, { kind: "eks" }>,
  { now }: Pick<Services, "now">,
  endpoints: { readonly eks?: string; readonly sts?: string } = {},
): Promise<Access> {
  const requestHandler = { requestTimeout: SILENCE_MILLISECONDS, connectionTimeout: 3000 };
  const client = new EKSClient({
    ...(region === undefined ? {} : { region }),
    ...(endpoints.eks === undefined ? {} : { endpoint: endpoints.eks }),
    ...(roleArn === undefined ? {} : { credentials: await assumed(roleArn, region, endpoints.sts) }),
    maxAttempts: 2,
    requestHandler,
  });
  const address = lasting(now, async () => {
    const { cluster } = await client.send(new DescribeClusterCommand({ name }));
    const data = cluster?.certificateAuthority?.data;
    // A cluster that is being made has no address yet.
    if (cluster?.endpoint === undefined || data === undefined) throw Object.assign(new Error("no endpoint"), { name: "ClusterNotFound" });
    const agent = keptConnections({ ca: Buffer.from(data, "base64").toString("utf8") });
    return { value: { server: cluster.endpoint.replace(/\/+$/, ""), agent }, until: now() + ADDRESS_MILLISECONDS };
  });
  const token = lasting(now, async () => {
    const credentials = await client.config.credentials();
    const at = now();
    const signed = await eksToken({ cluster: name, region: await client.config.region(), credentials, at: new Date(at) });
    // A token of credentials that ended is refused, however new it is.
    const end = Math.min(at + EKS_TOKEN_MILLISECONDS, credentials.expiration?.getTime() ?? Number.POSITIVE_INFINITY);
    return { value: signed, until: end - MARGIN_MILLISECONDS };
  });
  return {
    async connection() {
      const [{ server, agent }, signed] = await Promise.all([address.get(), token.get()]);
      return { server, agent, headers: { authorization: `Bearer ${signed}` } };
    },
    refused() {
      token.forget();
      address.forget();
    },
  };
}

/** Another account's cluster is reached as a role of that account. */
async function assumed(roleArn: string, region: string | undefined, endpoint: string | undefined) {
  const { fromTemporaryCredentials } = await import("@aws-sdk/credential-providers");
  return fromTemporaryCredentials({
    params: { RoleArn: roleArn, RoleSessionName: "slipway" },
    clientConfig: {
      ...(region === undefined ? {} : { region }),
      ...(endpoint === undefined ? {} : { endpoint }),
      maxAttempts: 2,
      requestHandler: { requestTimeout: SILENCE_MILLISECONDS, connectionTimeout: 3000 },
    },
  });
}
