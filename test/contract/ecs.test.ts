import { ecsSubject } from "./ecs-subject.ts";
import { describeLauncher } from "./launcher-contract.ts";

describeLauncher("ecs", ecsSubject);
