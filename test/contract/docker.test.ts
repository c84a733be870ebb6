import { dockerSubject, doubleDaemon } from "./docker-subject.ts";
import { describeLauncher } from "./launcher-contract.ts";

describeLauncher(
  "docker",
  dockerSubject(async () => doubleDaemon()),
);
describeLauncher(
  "docker, before podman",
  dockerSubject(async () => doubleDaemon({ podman: true })),
);
