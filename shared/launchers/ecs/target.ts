import * as z from "zod/mini";
import type { JsonObject } from "../../core/json.ts";
import { late } from "../../core/late.ts";

const described = <Schema extends z.ZodMiniType>(description: string, schema: Schema) =>
  z.optional(z.nullable(schema)).check(z.describe(description));
const document = () => z.record(z.string(), z.json());
const text = () => z.string().check(z.minLength(1));

/** The fields that only ECS targets have. */
export const ecsFields = late(() => ({
  region: described("AWS region of the cluster; the dispatcher's own where it is not said.", text()),
  role_arn: described("Role to assume for every call, for another account.", text()),
  external_id: described("External id that the role's trust asks for.", text()),
  cluster: described("Name or ARN of the cluster; the account's default one where it is not said.", text()),
  launch_type: described(
    "Launch type; FARGATE where neither it nor a capacity provider strategy is said.",
    z.pipe(
      z.string(),
      z.pipe(
        z.transform((value: string) => value.toUpperCase()),
        z.enum(["FARGATE", "EC2", "EXTERNAL", "MANAGED_INSTANCES"]),
      ),
    ),
  ),
  task_definition: described("Template of the task definition.", document()),
  task_definition_path: described("Where the template is read from: agent:, s3://, gs:// or a path below the template folder.", text()),
  task_role_arn: described("Role of the task, where neither run nor definition has one.", text()),
  execution_role_arn: described("Role that pulls the image and reads secrets, where neither run nor definition has one.", text()),
  run_task_kwargs: described("Arguments of RunTask, in ECS's own names.", document()),
  endpoint: described("URL of the service, for tests and private endpoints.", text()),
}));

/** The settings of an ECS target. */
export interface EcsSettings {
  readonly region?: string;
  readonly roleArn?: string;
  readonly externalId?: string;
  readonly cluster?: string;
  readonly launchType?: "FARGATE" | "EC2" | "EXTERNAL" | "MANAGED_INSTANCES";
  readonly taskDefinition?: JsonObject;
  readonly taskDefinitionPath?: string;
  readonly taskRoleArn?: string;
  readonly executionRoleArn?: string;
  readonly runTaskKwargs?: JsonObject;
  readonly endpoint?: string;
}
