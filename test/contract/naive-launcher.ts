/** What somebody writes on the first afternoon. It works in a demonstration, and the contract suite must find out every bit of it. */
import { defineLauncher, type Plan } from "../../shared/core/launcher.ts";
import type { TemplateSettings } from "../../shared/launchers/_template/target.ts";
import { templateFields } from "../../shared/launchers/_template/target.ts";

interface NaivePlan extends Plan {
  readonly calls: readonly [
    { readonly api: "jobs:create"; readonly input: Readonly<Record<string, string | Readonly<Record<string, string>>>> },
  ];
}

interface NaiveJob {
  readonly name: string;
  readonly state: string;
}

export const naive = defineLauncher<"template", TemplateSettings, NaivePlan, typeof templateFields>({
  type: "template",
  runs: ["DockerRun", "UniversalRun"],
  fields: templateFields,
  failures: [],
  supportsSecrets: false,
  inspectSeconds: 60,
  place: (target) => target.settings.endpoint,

  plan({ request, attempt }, target) {
    Object.assign(request.runConfig.env, { SLIPWAY_RUN_ID: request.id, SLIPWAY_ATTEMPT: String(attempt) });
    const env = { ...target.env, ...request.runConfig.env, SUBMITTED: new Date().toISOString(), ZONE: process.env["TZ"] ?? "UTC" };
    const texts = Object.fromEntries(Object.entries(env).map(([name, value]) => [name, String(value)]));
    const name = `job-${Math.random().toString(36).slice(2)}`;
    return { calls: [{ api: "jobs:create", input: { name, run_id: request.id, image: target.image ?? "", env: texts } }] };
  },

  async connect(target, services) {
    const { endpoint } = target.settings;
    const mine: string[] = [];
    const call = async (method: string, path: string, body?: object) => {
      const token = await services.secret(target.settings.token);
      const options = { method, headers: { authorization: `Bearer ${token}` } };
      const response = await fetch(endpoint + path, body === undefined ? options : { ...options, body: JSON.stringify(body) });
      const answer: { message?: string; jobs?: NaiveJob[]; name?: string; state?: string } = JSON.parse(await response.text());
      if (!response.ok) throw new Error(`${response.status}: ${answer.message}`);
      return answer;
    };
    return {
      async submit(plan) {
        const { input } = plan.calls[0];
        console.log("launching", JSON.stringify(input));
        try {
          const { name = "" } = await call("POST", "/jobs", input);
          mine.push(name);
          return { status: "accepted", handle: { id: name } };
        } catch (error) {
          const message = error instanceof Error ? error.message : String(error);
          return { status: "refused", failure: { class: "invalid", code: "ERROR", message, recognised: false } };
        }
      },
      async inspect(launched) {
        const names = launched.map(({ handle }) => handle).filter((handle) => mine.includes(handle));
        const { jobs = [] } = await call("GET", `/jobs?names=${names.join(",")}`).catch(() => ({ jobs: [] }));
        return jobs.map(({ name, state }) =>
          state === "ended"
            ? { status: "ended", handle: { id: name }, endedAt: Date.now() / 1000, outcome: { state: "SUCCEEDED", exitCode: 0 } }
            : { status: "running", handle: { id: name } },
        );
      },
      async stop({ handle }) {
        await call("POST", `/jobs/${handle}/stop`);
      },
    };
  },
});
