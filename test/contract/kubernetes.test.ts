import { kubernetesSubject } from "./kubernetes-subject.ts";
import { describeLauncher } from "./launcher-contract.ts";

describeLauncher("kubernetes", kubernetesSubject);
