import { describeLauncher } from "./launcher-contract.ts";
import { vertexSubject } from "./vertex-subject.ts";

describeLauncher("vertex", vertexSubject);
