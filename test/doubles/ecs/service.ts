/** Answers requests: faults first, then who calls, then the operation. */

import { callerOf } from "./caller.ts";
import { missingMember } from "./check-definition.ts";
import {
  deleteTaskDefinitions,
  deregisterTaskDefinition,
  describeTaskDefinition,
  listTaskDefinitions,
  registerTaskDefinition,
} from "./definition-operations.ts";
import type { Fault } from "./faults.ts";
import { type EcsOperation, type Inputs, parseInput } from "./model.ts";
import { accessDenied, ConnectionLost, EcsRefusal, type ErrorAnswer, invalid } from "./refusal.ts";
import { looselyParsed, type RequestLog, requestLog, type SeenRequest } from "./request-log.ts";
import { runTask } from "./run-task.ts";
import type { Call, State } from "./state.ts";
import { assumeRole } from "./sts.ts";
import { describeTasks, listTasks, stopTask, tagResource } from "./task-operations.ts";
import { type DoubleRequest, type DoubleResponse, jsonError, jsonResponse, type OperationName, operationOf, xmlError } from "./wire.ts";

export interface Service {
  /** Throws `ConnectionLost` where no answer comes. */
  handle(request: DoubleRequest): Promise<DoubleResponse>;
  readonly log: RequestLog;
}

type Operations = { readonly [Name in EcsOperation]: (call: Call, input: Inputs[Name]) => object | Promise<object> };

const OPERATIONS: Operations = {
  RegisterTaskDefinition: registerTaskDefinition,
  DescribeTaskDefinition: describeTaskDefinition,
  DeregisterTaskDefinition: deregisterTaskDefinition,
  DeleteTaskDefinitions: deleteTaskDefinitions,
  ListTaskDefinitions: listTaskDefinitions,
  RunTask: runTask,
  DescribeTasks: describeTasks,
  ListTasks: listTasks,
  StopTask: stopTask,
  TagResource: tagResource,
};

/** Members whose absence an operation tells in its own words. */
const TOLD_BY_OPERATION = new Set(["taskDefinition", "family", "containerDefinitions", "tasks"]);

export function serviceOf(state: State): Service {
  const { clock, latencyMs } = state.settings;
  const latency = typeof latencyMs === "number" ? { before: latencyMs, after: 0 } : latencyMs;
  const log = requestLog(state);

  async function handle(request: DoubleRequest): Promise<DoubleResponse> {
    const operation = operationOf(request);
    if (operation === undefined) return jsonError({ type: "UnknownOperationException", status: 400, message: "" });
    const fault = state.faults.take(operation, () => looselyParsed(operation, request.body));
    const seen = log.see(operation, request);
    if (latency.before > 0) await clock.sleep(latency.before);
    const response = await answered(operation, request, fault, seen);
    if (latency.after > 0) await clock.sleep(latency.after);
    log.answered(seen, response === "lost");
    if (response === "lost") throw new ConnectionLost();
    return response;
  }

  async function answered(
    operation: OperationName,
    request: DoubleRequest,
    fault: Fault | undefined,
    seen: SeenRequest,
  ): Promise<DoubleResponse | "lost"> {
    if (fault?.kind === "lost" && fault.when === "before") return "lost";
    if (fault?.kind === "late") {
      void clock.sleep(fault.lateMs).then(() => apply(operation, request, undefined, { ...seen }));
      return "lost";
    }
    const response = await apply(operation, request, fault, seen);
    return fault?.kind === "lost" ? "lost" : response;
  }

  async function apply(
    operation: OperationName,
    request: DoubleRequest,
    fault: Fault | undefined,
    seen: SeenRequest,
  ): Promise<DoubleResponse> {
    try {
      const now = clock.now();
      state.times.settle(now);
      const caller = callerOf(request.headers, { ...state.settings, sessions: state.sessions }, now);
      if (fault?.kind === "refused") throw scripted(fault.error, caller.arn, operation);
      if (operation === "AssumeRole") return assumeRole(state, caller, new URLSearchParams(request.body), now);
      return jsonResponse(200, await perform(operation, { state, place: state.place(caller), caller, now }, request.body));
    } catch (error) {
      if (!(error instanceof EcsRefusal)) throw error;
      seen.answer = hiddenThrottle(error.answer) ? "Throttling" : error.answer.type;
      return operation === "AssumeRole" ? xmlError(error.answer) : jsonError(error.answer);
    }
  }

  async function perform<Name extends EcsOperation>(operation: Name, call: Call, body: string): Promise<object> {
    const { input, unknown, missing } = parseInput(operation, body);
    const lacking = missing.find((member) => !TOLD_BY_OPERATION.has(member));
    if (lacking !== undefined)
      throw operation === "RegisterTaskDefinition" ? missingMember(lacking) : invalid(`${lacking} can not be blank.`);
    if (unknown[0] !== undefined && state.settings.unknownMembers === "rejected") throw invalid(`Unknown member: ${unknown[0]}`);
    return OPERATIONS[operation](call, input);
  }

  return { handle, log };
}

function scripted(error: ErrorAnswer | "accessDenied", caller: string, operation: OperationName): EcsRefusal {
  if (error !== "accessDenied") return new EcsRefusal(error);
  return accessDenied(caller, operation === "AssumeRole" ? "sts:AssumeRole" : `ecs:${operation}`, "*");
}

function hiddenThrottle({ message }: ErrorAnswer): boolean {
  return /Rate exceeded|RequestLimitExceeded/.test(message);
}
