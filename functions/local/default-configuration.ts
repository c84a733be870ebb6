import { request } from "node:http";
import { homedir } from "node:os";
import { join } from "node:path";

/** How long a socket is given to answer: one that hangs must not keep a stack from starting. */
const PATIENCE_MILLISECONDS = 500;

/**
 * Used where neither `SLIPWAY_CONFIG` nor a `slipway.yml` says otherwise: this machine, and its Docker daemon where one answers.
 */
export async function defaultConfiguration(environment: Readonly<Record<string, string | undefined>>): Promise<string> {
  const targets: object[] = [{ name: "local", type: "local" }];
  for (const path of socketsOf(environment)) {
    if (!(await answers(path))) continue;
    targets.push({ name: "docker", type: "docker", host: `unix://${path}` });
    break;
  }
  return `targets: ${JSON.stringify(targets)}\n`;
}

/** Where Docker's own client looks, in its order: a daemon elsewhere is not this machine's. */
function socketsOf(environment: Readonly<Record<string, string | undefined>>): readonly string[] {
  const named = environment["DOCKER_HOST"];
  if (named !== undefined && named !== "") return named.startsWith("unix:///") ? [named.slice("unix://".length)] : [];
  return ["/var/run/docker.sock", join(homedir(), ".docker/run/docker.sock")];
}

function answers(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = request({ socketPath, path: "/_ping", timeout: PATIENCE_MILLISECONDS }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    asked.once("timeout", () => asked.destroy());
    asked.once("error", () => resolve(false));
    asked.end();
  });
}
