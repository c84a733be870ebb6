/** The role of a function, as CloudFormation takes it. */
import type { Right } from "../../shared/core/rights.ts";
import { cloudFormationPolicy } from "./policy.ts";
import type { FunctionName } from "./rights.ts";

/** What a role holds of policies written into it; a tenth is kept for names that turn out longer than they are taken for. */
const MOST_CHARACTERS = 10_240 * 0.9;

/** What Lambda calls with a function's role to join it to a network. EC2 takes no narrower resource before there is a connection. */
const NETWORK_CALLS = [
  "ec2:AssignPrivateIpAddresses",
  "ec2:CreateNetworkInterface",
  "ec2:DeleteNetworkInterface",
  "ec2:DescribeNetworkInterfaces",
  "ec2:DescribeSubnets",
  "ec2:UnassignPrivateIpAddresses",
];

/** A role with these rights, and that to write the function's log. `names` is the beginning of every name. */
export function roleOf(name: FunctionName, names: string, rights: readonly Right[], inVpc: boolean) {
  const own = "${AWS::Region}:${AWS::AccountId}";
  const log = `arn:\${AWS::Partition}:logs:${own}:log-group:/aws/lambda/${names}-${name}:*`;
  const write = { sid: "Log", actions: ["logs:CreateLogStream", "logs:PutLogEvents"], resources: [log] };
  const join = { sid: "JoinNetwork", actions: NETWORK_CALLS, resources: ["*"] };
  // Those calls are Lambda's to make, before the function's code runs, and not that code's.
  const itself = { ArnEquals: { "lambda:SourceFunctionArn": [`arn:\${AWS::Partition}:lambda:${own}:function:${names}-${name}`] } };
  const { Version, Statement } = cloudFormationPolicy([write, ...rights, ...(inVpc ? [join] : [])]);
  const denied = inVpc ? cloudFormationPolicy([{ ...join, sid: "NotByCode", condition: itself }]).Statement : [];
  const document = { Version, Statement: [...Statement, ...denied.map((statement) => ({ ...statement, Effect: "Deny" }))] };
  checkSize(name, JSON.stringify(document));
  return {
    AssumeRolePolicyDocument: {
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }],
    },
    Policies: [{ PolicyName: "calls", PolicyDocument: document }],
  };
}

/** What CloudFormation joins is shorter once it is joined: that is what the role holds. */
function checkSize(name: FunctionName, document: string): void {
  const joined = document
    .replaceAll('{"Ref":"AWS::AccountId"}', "123456789012")
    .replaceAll('{"Ref":"AWS::Partition"}', "aws")
    .replaceAll('{"Ref":"AWS::Region"}', "ap-northeast-1")
    .replace(/\{"Fn::GetAtt":\["[^\]]*\]\}/g, "a".repeat(100))
    .replace(/\{"Fn::Join":\["",\[([^\]]*)\]\]\}/g, (_, parts: string) => `"${parts.replace(/[",]/g, "")}"`);
  if (joined.length <= MOST_CHARACTERS) return;
  throw new Error(
    `the rights of the function ${name} take ${joined.length} characters, and a role holds 10240: put targets into several deployments, or name what they reach by fewer patterns in allow`,
  );
}
