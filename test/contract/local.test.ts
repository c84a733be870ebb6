import { describeLauncher } from "./launcher-contract.ts";
import { localSubject } from "./local-subject.ts";

describeLauncher("local", localSubject);
