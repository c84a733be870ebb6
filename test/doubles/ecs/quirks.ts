/** What the double does as the service does it, and how we know: the rows of the README's tables and of the tests. */

/** `documented` by AWS; `recorded` from the service's answers as people show them; `assumed` where neither was found. */
export type Mark = "documented" | "recorded" | "assumed";

export interface Quirk {
  readonly mark: Mark;
  readonly source: string;
}

type Quirks = Readonly<Record<string, Quirk>>;

const IDEMPOTENCY = "API reference, Ensuring idempotency";
const FAILURE_REASONS = "Developer Guide, API failure reasons";
const THROTTLING = "API reference, Request throttling";
const FARGATE_THROTTLING = "Developer Guide, Fargate throttling quotas";
const RUN_TASK = "API reference, RunTask";

export const TOKEN_QUIRKS = {
  "the same token and parameters: the same tasks, none new": documented(IDEMPOTENCY),
  "the same token and parameters: the same failures, though there is room by now": documented(IDEMPOTENCY),
  "the same token, other parameters: ConflictException with the tasks in resourceIds": documented(`${IDEMPOTENCY}; the message is assumed`),
  "a token counts in its cluster": documented(IDEMPOTENCY),
  "a token ends an hour after the last of its tasks": documented(IDEMPOTENCY),
  "a token ends after 24 hours, whatever its tasks do": documented(IDEMPOTENCY),
  "a token that brought failures only ends after an hour": assumed("the page says that such failures are only counted later"),
  "an error binds no token": documented(`${IDEMPOTENCY}: a request that completed`),
  "a replay shows the tasks as the first answer did": documented(`${IDEMPOTENCY}: the result of the original request`),
  "a replay takes from RunTask's bucket, but neither room nor Fargate's rate": assumed("nothing is launched by it"),
  "a replay needs no definition that is still ACTIVE": assumed("the original result is returned"),
} as const satisfies Quirks;

export const PLACEMENT_QUIRKS = {
  "a task without room is a failure inside a 200": documented(FAILURE_REASONS),
  "of several tasks some may start and some fail": documented(RUN_TASK),
  "Fargate without room: Capacity is unavailable at this time": documented(`${FAILURE_REASONS}; re:Post ecs-fargate-runtask-capacity`),
  "a pool of instances fills up: RESOURCE:MEMORY, RESOURCE:CPU": documented(FAILURE_REASONS),
  "a capacity provider takes a task without room, and it starts once there is some": documented("ECS cluster auto scaling"),
  "a capacity provider's task that waits too long stops: TaskFailedToStart": recorded("containers-roadmap#2381: 10 to 30 minutes"),
  "a cluster takes 500 tasks in PROVISIONING": recorded("aws-sdk-ruby#3047; message as users match it"),
  "a strategy's bases come first, then its weights": documented("API reference, CapacityProviderStrategyItem"),
} as const satisfies Quirks;

export const THROTTLE_QUIRKS = {
  "a throttle is a 400": documented(THROTTLING),
  "a throttle of EC2 is hidden in an InvalidParameterException": recorded("dagster#33439, dask-cloudprovider#56"),
  "RunTask and StopTask share 100, and 40 a second": documented(THROTTLING),
  "Fargate launches 100, and 20 a second": documented(FARGATE_THROTTLING),
  "Fargate Spot has a bucket of its own": documented(FARGATE_THROTTLING),
  "a Fargate launch over the rate is refused whole, as a ThrottlingException": assumed("the page names no error"),
  "Fargate takes 20 RunTask calls a second (off unless asked for)": documented(`${FARGATE_THROTTLING}: FACTS counts without it`),
  "RegisterTaskDefinition and Deregister share 20, and 1 a second": documented(THROTTLING),
  "DescribeTasks and ListTasks share 100, and 20 a second": documented(THROTTLING),
  "DescribeTaskDefinition has 50, and 20 a second": documented(THROTTLING),
  "TagResource has 20, and 10 a second": documented(THROTTLING),
  "each account and region has its own buckets": documented(THROTTLING),
  "two registrations of a family at once: one is refused": recorded("prefect#16485 and many others"),
} as const satisfies Quirks;

export const DEFINITION_QUIRKS = {
  "revisions count up, and a family alone is its latest ACTIVE one": documented(RUN_TASK),
  "RunTask of an INACTIVE definition: InvalidParameterException": recorded("defang#775"),
  "RunTask of an unknown definition: ClientException": recorded("many repositories match `TaskDefinition not found.`"),
  "an unknown definition can't be described: ClientException": recorded("sil-org/ecs-deploy#145"),
  "an INACTIVE definition can still be described": documented("API reference, DeregisterTaskDefinition"),
  "only an INACTIVE definition can be deleted, and then it goes": documented(
    "API reference, DeleteTaskDefinitions; after a minute is assumed",
  ),
  "deregistering wants a revision that exists": assumed("messages"),
  "a description has the service's defaults written in": recorded("from memory of answers"),
  "tags are described only where asked for": documented("API reference, DescribeTaskDefinition"),
  "definitions are listed by family and status": documented("API reference, ListTaskDefinitions"),
} as const satisfies Quirks;

export const READ_QUIRKS = {
  "a new task may be MISSING for a while": documented(`${RUN_TASK}: eventual consistency`),
  "a stopped task is gone after an hour": documented("Developer Guide, Viewing stopped tasks"),
  "DescribeTasks takes 1 to 100 tasks": documented("API reference, DescribeTasks; `Tasks cannot be empty.` is recorded"),
  "an ARN of another cluster is refused": recorded("message from memory"),
  "ListTasks by startedBy shows tasks that shall run, starting ones too": documented("API reference, ListTasks"),
  "startedBy is the only filter then": documented("API reference, ListTasks; the error is assumed"),
  "lists have pages of 100": documented("API reference, ListTasks"),
  "tags are set, and shown only where asked for": documented("API reference, DescribeTasks, TagResource"),
} as const satisfies Quirks;

export const LIFE_QUIRKS = {
  "PROVISIONING, PENDING, RUNNING, STOPPED, each with an event of the next version": documented(
    "Developer Guide, task lifecycle; state change events",
  ),
  "on an instance without awsvpc a task begins PENDING": documented("Developer Guide, task lifecycle"),
  "the end has the exit code, its reason and a stop code": documented("Developer Guide, Stopped tasks error messages"),
  "a task that can't start has no exit code and no start": documented("Developer Guide, Stopped tasks error messages"),
  "StopTask by id or ARN: UserInitiated, with the reason": documented("API reference, StopTask"),
  "a task that runs on for a while after StopTask": documented("API reference, StopTask"),
  "a task stopped before it ran has no exit code": assumed("nothing found"),
  "stopping a stopped task changes nothing": assumed("nothing found"),
  "an unknown task can't be stopped": recorded("airflow's tests: `The referenced task was not found.`"),
  "an event shows startedBy and the overrides in clear, and no tags": documented("AWS event samples"),
  "an event may come more than once, with the same version": documented("Developer Guide, state change events"),
} as const satisfies Quirks;

export const ACCESS_QUIRKS = {
  "a denial names user, action and resource": documented("IAM, access denied messages"),
  "the roles of a task need iam:PassRole": documented("Developer Guide, task IAM role"),
  "tags at the launch need ecs:TagResource": documented("Developer Guide, tag resources at creation"),
  "an unknown cluster: ClusterNotFoundException": documented(RUN_TASK),
  "an assumed role's calls belong to its account": documented("STS, AssumeRole"),
  "a role wants its external id": documented("STS, AssumeRole; a denial without reason"),
  "a session ends when it said": documented("STS, AssumeRole; ECS answers ExpiredTokenException"),
  "a session is no longer than its role allows": documented("STS, AssumeRole"),
  "a session that nobody gave out is refused": recorded("UnrecognizedClientException, from memory"),
} as const satisfies Quirks;

export const WIRE_QUIRKS = {
  "every error of RunTask arrives as the SDK's class": documented(RUN_TASK),
  "a wrong type: SerializationException": recorded("messages from memory"),
  "unknown members are ignored": assumed("AWS JSON 1.1; option unknownMembers rejects them"),
  "an unknown operation: UnknownOperationException": documented("AWS JSON 1.1"),
} as const satisfies Quirks;

export const CHECK_QUIRKS = {
  "RunTask's own limits: count, token, startedBy, tags, overrides": documented(`${RUN_TASK}; messages but the overrides' are assumed`),
  "launch type, strategy and network exclude or need each other": recorded(
    "the two messages of strategy and awsvpc in many repositories; others from memory",
  ),
  "overrides name the definition's containers": recorded("django-ecsmanage#21"),
  "sizes that Fargate does not offer": recorded("aws-cdk-examples#1; at RunTask assumed"),
  "platform versions": documented(`${RUN_TASK}; messages assumed`),
  "a definition's family, containers and size": recorded("`Container.name should not be null or empty.` and the like; limits documented"),
  "a definition for Fargate": recorded("amazon-ecs-cli#463 and #982, mongodb/terraform-aws-ecs-task-definition#38"),
  "secrets and Fargate's ECR images need an execution role": recorded("terraform-provider-aws#6503, jenkinsci/amazon-ecs-plugin#53"),
} as const satisfies Quirks;

export const QUIRKS: Readonly<Record<string, Quirks>> = {
  "Tokens of RunTask": TOKEN_QUIRKS,
  "Room for tasks": PLACEMENT_QUIRKS,
  Throttles: THROTTLE_QUIRKS,
  "Task definitions": DEFINITION_QUIRKS,
  "Reading tasks": READ_QUIRKS,
  "Life of a task": LIFE_QUIRKS,
  "Callers and rights": ACCESS_QUIRKS,
  "Checks of the input": CHECK_QUIRKS,
  Wire: WIRE_QUIRKS,
};

function documented(source: string): Quirk {
  return { mark: "documented", source };
}

function recorded(source: string): Quirk {
  return { mark: "recorded", source };
}

function assumed(source: string): Quirk {
  return { mark: "assumed", source };
}
