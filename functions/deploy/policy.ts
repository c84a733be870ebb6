/** Rights → IAM's documents: as CloudFormation takes them, and as a person reads them. */
import type { Json } from "../../shared/core/json.ts";
import type { Right } from "../../shared/core/rights.ts";

/** A policy document of CloudFormation: what stands for the deployment's own is resolved there. */
export function cloudFormationPolicy(rights: readonly Right[]) {
  return policy(rights, resolvedLater);
}

/** A text with names of resources in it (`${Table.Arn}`, `${AWS::Region}`), as CloudFormation puts it together. The framework would take `${…}` for its own. */
export function resolvedLater(text: string): Json {
  const parts = text
    .split(/(\$\{[^}]+\})/)
    .filter((part) => part !== "")
    .map((part) => {
      const name = /^\$\{(.+)\}$/.exec(part)?.[1];
      if (name === undefined) return part;
      const [resource, attribute] = name.split(".");
      return attribute === undefined ? { Ref: name } : { "Fn::GetAtt": [resource ?? "", attribute] };
    });
  return parts.length === 1 ? (parts[0] ?? "") : { "Fn::Join": ["", parts] };
}

/** A policy document with the account's own values in place of CloudFormation's names, where they are given. */
export function plainPolicy(rights: readonly Right[], own: Readonly<Record<string, string | undefined>>) {
  return policy(rights, (text) => text.replace(/\$\{([^}]+)\}/g, (whole, name: string) => own[name] ?? whole));
}

function policy(rights: readonly Right[], resolved: (text: string) => Json) {
  return {
    Version: "2012-10-17",
    Statement: rights.map(({ sid, actions, resources, condition }) => ({
      Sid: sid,
      Effect: "Allow",
      Action: actions,
      Resource: resources.map(resolved),
      ...(condition === undefined ? {} : { Condition: mapped(condition, resolved) }),
    })),
  };
}

function mapped(condition: NonNullable<Right["condition"]>, resolved: (text: string) => Json): Json {
  const value = (given: Json): Json => (typeof given === "string" ? resolved(given) : Array.isArray(given) ? given.map(value) : given);
  return Object.fromEntries(
    Object.entries(condition).map(([operator, keys]) => [
      operator,
      Object.fromEntries(Object.entries(keys).map(([key, given]) => [key, value(given)])),
    ]),
  );
}
