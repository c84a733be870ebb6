/** Launches on a Docker host over SSH beside the same on its local socket, in turn, before a real daemon and a real SSH server. */
import { existsSync } from "node:fs";
import { planDigestOf, runKey } from "../shared/core/identity.ts";
import type { Services } from "../shared/core/launcher.ts";
import type { PlannedRun } from "../shared/core/run.ts";
import { connectDocker } from "../shared/launchers/docker/backend.ts";
import { planDocker } from "../shared/launchers/docker/plan.ts";
import type { DockerSettings } from "../shared/launchers/docker/target.ts";
import { servicesFor } from "../test/contract/services.ts";
import { type Dockerd, IMAGE, startDockerd } from "../test/engine/dockerd.ts";
import { startSshd } from "../test/engine/sshd.ts";
import { dockerTarget } from "../test/launchers/docker/support.ts";

const LAUNCHES = Number(process.argv[2] ?? 50);

const missing = ["dockerd", "sshd", "busybox"].filter(
  (program) => !["/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin"].some((folder) => existsSync(`${folder}/${program}`)),
);
if (missing.length > 0 || process.getuid?.() !== 0) {
  console.log(`left out: it needs ${missing.length > 0 ? missing.join(", ") : "root, to start a Docker daemon"}`);
} else await compared();
// The launcher keeps its connection to the host warm for minutes.
process.exit();

/** Prints the medians of launches over SSH and over the daemon's own socket. */
async function compared(): Promise<void> {
  const dockerd = await startDockerd();
  const sshd = await startSshd();
  try {
    const overSsh = launcherOn(
      dockerd,
      {
        host: { kind: "ssh", user: sshd.user, host: "127.0.0.1", port: sshd.port },
        ssh: { privateKey: "env:KEY", hostKeys: [sshd.fingerprint], socket: dockerd.socket },
      },
      async () => sshd.privateKey,
    );
    const local = launcherOn(dockerd, { host: { kind: "unix", path: dockerd.socket } }, () =>
      Promise.reject(new Error("no secret is needed")),
    );
    // What is done once is not a launch's: the login, the code that is loaded.
    await overSsh("warm-ssh");
    await local("warm-local");
    const took = { ssh: [] as number[], local: [] as number[] };
    for (let index = 0; index < LAUNCHES; index++) {
      // Which is first changes: the daemon grows slower with each container.
      for (const way of index % 2 === 0 ? (["ssh", "local"] as const) : (["local", "ssh"] as const)) {
        took[way].push(await (way === "ssh" ? overSsh : local)(`${way}-${index}`));
      }
    }
    const [ssh, socket] = [median(took.ssh), median(took.local)];
    console.log(`${LAUNCHES} launches each, in turn: local socket ${socket.toFixed(0)} ms, over SSH ${ssh.toFixed(0)} ms (medians)`);
    console.log(`SSH / socket: ${(ssh / socket).toFixed(2)}, on ${await sshd.logins()} SSH connection`);
  } finally {
    await sshd.close();
    await dockerd.close();
  }
}

/** Launches a run, and answers how many milliseconds that took. */
function launcherOn(dockerd: Dockerd, settings: DockerSettings, secret: Services["secret"]): (id: string) => Promise<number> {
  const target = dockerTarget({ image: IMAGE, settings: { ...settings, networks: ["none"] } });
  const { services } = servicesFor({ secret, isFunction: true });
  const backend = connectDocker(target, services);
  return async (id) => {
    const run: PlannedRun = {
      deployment: "bench",
      key: runKey(id),
      attempt: 1,
      request: { id, command: ["true"], runConfig: { type: "DockerRun", env: { A: "1" }, labels: [] } },
    };
    const plan = planDocker(run, target);
    const planDigest = planDigestOf(plan);
    const { deployment, key, attempt } = run;
    const from = performance.now();
    const outcome = await (await backend).submit(plan, { deployment, id, key, attempt, planDigest, signal: AbortSignal.timeout(60_000) });
    const milliseconds = performance.now() - from;
    if (outcome.status !== "accepted") throw new Error(`not launched: ${JSON.stringify(outcome)}`);
    // Its end and its removal are nobody's launch.
    await dockerd.call("POST", `/containers/${outcome.handle.id}/wait`);
    await dockerd.call("DELETE", `/containers/${outcome.handle.id}?force=1`);
    return milliseconds;
  };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
