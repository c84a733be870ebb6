import { OWN_RIGHTS } from "../deploy/own-rights.ts";
import { plainPolicy } from "../deploy/policy.ts";
import { configuredRights, FUNCTION_NAMES, type FunctionName } from "../deploy/rights.ts";
import { CommandFailure } from "./failure.ts";
import { usedConfiguration } from "./planning.ts";

/** What `slipway iam` is told. */
interface IamOptions {
  readonly config?: string;
  readonly function?: string;
  readonly account?: string;
  readonly region?: string;
  readonly all?: boolean;
}

/** `slipway iam`: the rights that follow from the configuration, for each function's role and for each role that is assumed. */
export async function iam(options: IamOptions): Promise<void> {
  const { configuration } = await usedConfiguration(options.config);
  const { functions, assumed, notes } = configuredRights(configuration);
  const own = { "AWS::AccountId": options.account, "AWS::Region": options.region, "AWS::Partition": partitionOf(options.region) };
  const rightsOf = (name: FunctionName) => [...(options.all ? OWN_RIGHTS[name] : []), ...functions[name]];
  for (const note of notes) console.error(`slipway: ${note}`);
  const printed =
    options.function === undefined
      ? {
          functions: Object.fromEntries(
            FUNCTION_NAMES.filter((name) => rightsOf(name).length > 0).map((name) => [name, plainPolicy(rightsOf(name), own)]),
          ),
          assumed: assumed.map(({ role, by, rights }) => ({ role, by, policy: plainPolicy(rights, own) })),
        }
      : plainPolicy(rightsOf(functionNamed(options.function)), own);
  console.log(JSON.stringify(printed, undefined, 2));
}

function functionNamed(text: string): FunctionName {
  const name = FUNCTION_NAMES.find((candidate) => candidate === text);
  if (name === undefined) throw new CommandFailure(`there is no function ${text}; there are ${FUNCTION_NAMES.join(", ")}`, 2);
  return name;
}

function partitionOf(region: string | undefined): string | undefined {
  if (region === undefined) return undefined;
  return region.startsWith("cn-") ? "aws-cn" : region.startsWith("us-gov-") ? "aws-us-gov" : "aws";
}
