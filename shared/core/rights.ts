import type { Json } from "./json.ts";

/**
 * Something that a function calls on AWS, as its role must allow it. ARNs are written as CloudFormation's `Fn::Sub` takes them:
 * `${AWS::Partition}`, `${AWS::Region}` and `${AWS::AccountId}` stand for the deployment's own.
 */
export interface Right {
  /** Letters and digits: what it is needed for. */
  readonly sid: string;
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  /** IAM's own form. */
  readonly condition?: { readonly [operator: string]: { readonly [key: string]: Json } };
}

/** What a target's launcher calls on AWS. */
export interface TargetRights {
  /** Of who launches and stops: the dispatch function. */
  readonly launch: readonly Right[];
  /** Of who looks after what was launched, stops it and clears up: the sweep. */
  readonly look: readonly Right[];
  /** The role that has these rights, where it is not the function's own: the function assumes it. */
  readonly role?: string;
  /** What can't be read from the configuration and must be added by hand. */
  readonly notes: readonly string[];
}
