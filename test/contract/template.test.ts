import { describeLauncher } from "./launcher-contract.ts";
import { templateSubject } from "./template-subject.ts";

describeLauncher("_template", templateSubject());
