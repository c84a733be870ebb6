import { classify, type Failure, type FailureRow } from "../../core/failure.ts";

const LOOK_AT_THE_IMAGE = "Look at the image's name and tag, and whether the registry has it.";

/** What can go wrong on the way to a Docker daemon, at it, and at the registries that it pulls from. Tried in order. */
export const dockerFailures: readonly FailureRow[] = [
  // On the way: nothing was sent.
  row("HOST_NOT_RESOLVED", "unavailable", "Mend the host's name in the target, or the resolver of the dispatcher's network."),
  row("HOST_UNREACHABLE", "unavailable", "Look whether the host is up, and whether the dispatcher's network reaches its SSH port."),
  row(
    "HOST_KEY_UNKNOWN",
    "denied",
    "If the host was set up anew, put its key into the target's ssh.host_keys (as `ssh-keygen -lf` prints it). If not, somebody may be between.",
  ),
  row("SSH_DENIED", "denied", "Put the public key into the user's authorized_keys on the host, or give the target the right user and key."),
  row("SSH_KEY_UNREADABLE", "denied", "Look at the target's ssh.private_key and ssh.passphrase, and at what they refer to."),
  row(
    "FORWARDING_REFUSED",
    "denied",
    "Let sshd forward to sockets (AllowStreamLocalForwarding), or install the docker client on the host for `docker system dial-stdio`.",
  ),
  row("DOCKER_UNREACHABLE", "unavailable", "Look whether the Docker daemon runs there, and on which socket it listens."),
  row("DOCKER_DENIED", "denied", "Let the user use the daemon's socket: on most systems by the group docker."),
  row("DEADLINE", "unavailable", "The invocation's time was over before the call could be made."),
  // No word: it may have arrived.
  row("NO_ANSWER", "unknown", "The connection was lost, or the daemon is slow. The attempt is looked at, and submitted again."),
  row("BEING_STARTED", "unknown", "An earlier call for the attempt may still be on its way. It is submitted again."),
  // Images.
  row("IMAGE_PULLING", "unavailable", "The pull goes on; the run is launched as soon as the image is there."),
  row("IMAGE_NOT_PRESENT", "not_found", "The target never pulls: bring the image to the host, or set the target's pull to missing."),
  row("IMAGE_NOT_FOUND", "not_found", LOOK_AT_THE_IMAGE),
  row("IMAGE_NAME_INVALID", "invalid", "Write the image as name, name:tag or name@sha256:…, with its registry before it."),
  row("REGISTRY_DENIED", "denied", "Look at the image's name, and at the target's registry_auth: registries say the same of both."),
  row("REGISTRY_AUTH_UNREADABLE", "denied", "Let registry_auth refer to a text as in ~/.docker/config.json, or to {username, password}."),
  row("REGISTRY_THROTTLED", "throttled", "Registries count pulls: log in (registry_auth), or keep a mirror."),
  row("REGISTRY_UNREACHABLE", "unavailable", "Look whether the Docker host reaches the registry."),
  row("PULL_FAILED", "unavailable", "The daemon's own log says more."),
  // The container.
  row("NAME_TAKEN", "conflict", "Somebody else's container has the name. Two deployments of one name use this host: give each its own."),
  row("COMMAND_NOT_FOUND", "invalid", "Look at the command and at what is in the image. Nothing goes through a shell."),
  row("NETWORK_NOT_FOUND", "not_found", "Make the network on the host, or mend the target's networks."),
  row("PORT_TAKEN", "capacity", "Another container publishes the port. Leave the port of the host to Docker (null), or wait for its end."),
  row(
    "HOST_GATEWAY_UNKNOWN",
    "invalid",
    "Start the daemon with --host-gateway-ip, or set host_config.extra_hosts: {} where host.docker.internal is not needed.",
  ),
  row("NO_SPACE", "unavailable", "Make room on the disk of the Docker host."),
  row("START_FAILED", "invalid", "The daemon could not start the container as it is described; its log says more."),
  // Answers without a reason that is known. A gateway's says nothing of what is behind it.
  status([502, 503, 504], "unknown"),
  status(400, "invalid"),
  status([401, 403], "denied"),
  status(404, "not_found"),
  status(409, "conflict"),
  status(429, "throttled"),
  status(500, "unavailable"),
];

/** A failure of this launcher, understood. `message` is a sentence of ours: the daemon's may repeat what it was sent. */
export function dockerFailure(code: string, message: string): Failure {
  return classify(dockerFailures, { service: "docker", code, message });
}

/** What the daemon says of a call, by what it means. */
const MEANINGS: readonly (readonly [pattern: RegExp, code: string, message: string])[] = [
  [
    /executable file not found|no such file or directory.*exec|exec:.*(no such file|permission denied|is a directory)/is,
    "COMMAND_NOT_FOUND",
    "the image has no such program to start, or it may not be started",
  ],
  [/port is already allocated|address already in use/i, "PORT_TAKEN", "a port of the host is taken"],
  [/host-gateway/i, "HOST_GATEWAY_UNKNOWN", "the daemon has no address for host.docker.internal"],
  [/no space left|disk quota/i, "NO_SPACE", "the Docker host has no room left"],
  [/network .*not found|no such network/is, "NETWORK_NOT_FOUND", "the Docker host has no such network"],
  [/invalid reference format|repository name must/i, "IMAGE_NAME_INVALID", "the image's name is none"],
  [/OCI runtime|failed to create (shim )?task|unable to start container process/i, "START_FAILED", "the container could not be started"],
];

/** The failure that an answer of the daemon means. */
export function answeredFailure(what: string, statusCode: number, said: string): Failure {
  const [, code, message] = MEANINGS.find(([pattern]) => pattern.test(said)) ?? [];
  if (code !== undefined && message !== undefined) return dockerFailure(code, message);
  return classify(dockerFailures, {
    service: "docker",
    status: statusCode,
    message: `the Docker daemon answered ${statusCode} to ${what}`,
  });
}

function row(code: string, failureClass: FailureRow["class"], hint: string): FailureRow {
  return { service: "docker", code, class: failureClass, hint };
}

function status(codes: number | readonly number[], failureClass: FailureRow["class"]): FailureRow {
  return { service: "docker", status: codes, class: failureClass };
}
