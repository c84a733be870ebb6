/** Parameters of serverless.yml, as far as something follows from them. */

/** What was given with --param. */
export interface Parameters {
  /** Path of the configuration, or empty. */
  readonly config: string;
  /** Beginning of every name, and the stack's own. */
  readonly name: string;
  /** JSON lists, or empty. */
  readonly subnets: string;
  readonly securityGroups: string;
  /** ARN of the topic that alarms are sent to, or empty. */
  readonly alarmTopic: string;
  /** HTTP requests a second; what comes from the command line is a text. */
  readonly httpRate: number | string;
}

/** A function's name holds 64 characters, of which the longest of ours takes nine. */
const LONGEST_NAME = 55;

/** Throws where names made of this one would be refused at the end of a deployment. */
export function checkName(name: string): void {
  if (/^[A-Za-z][A-Za-z0-9-]*$/.test(name) && name.length <= LONGEST_NAME && name !== "default") return;
  throw new Error(
    `the name ${name} can't begin the names of all that is made: expected a letter and then letters, digits and hyphens, at most ${LONGEST_NAME}, and not "default"; give another with --param name=NAME`,
  );
}

/** Throws where alarms would go to something that is no topic. */
export function checkTopic(topic: string): void {
  if (topic === "" || /^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]+$/.test(topic)) return;
  throw new Error(`--param alarm_topic wants the ARN of an SNS topic (not FIFO), not ${topic}`);
}

/** Throws where the gateway would let nothing through, or refuse the number at the end of a deployment. */
export function checkRate(rate: number | string): void {
  if (/^[1-9][0-9]{0,4}$/.test(String(rate))) return;
  throw new Error(`--param http_rate wants a number of requests a second from 1 to 99999, not ${rate}`);
}

/** Where the functions are that reach hosts without a public address; undefined for no network of the account's. */
export function vpcOf({ subnets, securityGroups }: Parameters) {
  if (subnets === "" && securityGroups === "") return undefined;
  return { subnetIds: listOf("subnets", subnets), securityGroupIds: listOf("security_groups", securityGroups) };
}

function listOf(name: string, text: string): readonly string[] {
  const list = jsonOf(text);
  if (Array.isArray(list) && list.length > 0 && list.every((item) => typeof item === "string")) return list;
  throw new Error(`--param ${name} wants a JSON list of names, such as '${name}=["one","two"]'; subnets and security_groups go together`);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
