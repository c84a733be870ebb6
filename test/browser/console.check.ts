/** The web page in a real browser, before the embedded stack. */
import { readFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { isTerminal, RUN_STATES } from "../../shared/core/run-state.ts";
import { DevStack } from "../support/dev-stack.ts";

let browser: Browser;
let stack: DevStack;
let address: string;
let token: string;
let context: BrowserContext;
let page: Page;
/** What the browser complained of, and each address that it asked for. */
let complaints: string[];
let asked: string[];

beforeAll(async () => {
  const found = (process.env["PATH"] ?? "").split(delimiter).map((folder) => join(folder, "chromium"));
  const executablePath =
    (
      await Promise.all(
        found.map((path) =>
          readFile(path).then(
            () => [path],
            () => [],
          ),
        ),
      )
    ).flat()[0] ?? "chromium";
  browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  stack = await DevStack.create();
  await stack.start();
  address = (await stack.stackFile()).endpoints.http;
  token = (await readFile(join(stack.folder, ".slipway", "http-token"), "utf8")).trim();
});
afterAll(async () => {
  await browser?.close();
  await stack?.remove();
});

beforeEach(async () => {
  complaints = [];
  asked = [];
  context = await browser.newContext();
  page = await context.newPage();
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    if (/Content Security Policy|Trusted/.test(message.text())) complaints.push(message.text());
  });
  page.on("request", (request) => asked.push(request.url()));
});
afterEach(async () => {
  await context.close();
  expect(complaints).toEqual([]);
  expect(asked.filter((url) => !url.startsWith(`${address}/`) && !url.startsWith("data:"))).toEqual([]);
});

async function signedIn(hash = "#/runs"): Promise<void> {
  await page.goto(`${address}/#token=${token}`);
  await page.getByRole("columnheader", { name: "Created" }).waitFor();
  if (hash !== "#/runs") await page.goto(`${address}/${hash}`);
}

async function submitted(request: object): Promise<void> {
  const { status, stderr } = await stack.cli(["submit", "-", "--wait"], JSON.stringify(request));
  expect(stderr).toBe("");
  expect(status).toBe(0);
}

const state = (name: string) => page.locator("h1 .state", { hasText: name });

test("the page's states are those of runs", async () => {
  await page.goto(`${address}/`);
  const { STATES, ENDED } = (await page.evaluate('import("./console/states.js")')) as Readonly<Record<string, readonly string[]>>;
  expect(STATES).toEqual([...RUN_STATES]);
  expect(ENDED).toEqual(RUN_STATES.filter(isTerminal));
});

test("the address that `slipway console` prints signs in, and the token is to be seen nowhere then", async () => {
  const printed = (await stack.cli(["console"])).stdout.trim();
  expect(printed).toBe(`${address}/#token=${token}`);
  await page.goto(printed);
  await page.getByRole("columnheader", { name: "Created" }).waitFor();
  expect(page.url()).toBe(`${address}/#/runs`);
  expect(asked.filter((url) => url.includes(token))).toEqual([]);
  expect(await page.content()).not.toContain(token);
});

test("a run is found in the list, by its state and by its id, and tells what became of it and why", async () => {
  await submitted({
    id: "browser/one",
    flow: { name: "Nightly" },
    command: ["true"],
    run_config: { type: "LocalRun", env: { KEY: "a-secret-value" } },
  });
  await signedIn();
  await page.getByLabel("State").selectOption("FAILED");
  await page.waitForURL(/state=FAILED/);
  await page.getByText("No run of that kind yet").waitFor();
  await page.getByLabel("State").selectOption("SUCCEEDED");
  await page.getByRole("link", { name: "browser/one" }).click();
  await state("SUCCEEDED").waitFor();
  await page.locator(".history strong", { hasText: "succeeded" }).waitFor();
  await page.locator(".summary").waitFor();
  expect(await page.title()).toBe("browser/one · Slipway");
  expect(await page.content()).not.toContain("a-secret-value");
  await page.goBack();
  await page.getByLabel("A run's id").fill("browser/one");
  await page.getByLabel("A run's id").press("Enter");
  await state("SUCCEEDED").waitFor();
});

test("older runs come page by page", async () => {
  for (const id of ["older-1", "older-2", "older-3"]) await submitted({ id, command: ["true"], run_config: { type: "LocalRun" } });
  await signedIn("#/runs?limit=1");
  const rows = page.locator("tbody tr");
  await rows.nth(0).getByText("older-3").waitFor();
  expect(await rows.count()).toBe(1);
  for (const [index, id] of [
    [1, "older-2"],
    [2, "older-1"],
  ] as const) {
    await page.getByRole("button", { name: "Older runs" }).click();
    await rows.nth(index).getByText(id).waitFor();
  }
});

test("whatever a run is called is text", async () => {
  const name = `<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>`;
  const id = `odd/../%2e'"<b>&#x26;?#`;
  await submitted({ id, name, flow: { name }, command: ["true"], run_config: { type: "LocalRun" } });
  await signedIn();
  await page.getByRole("cell", { name, exact: true }).first().waitFor();
  await page.getByRole("link", { name: id, exact: true }).click();
  await state("SUCCEEDED").waitFor();
  expect(await page.locator("h1 .id").textContent()).toBe(id);
  expect(await page.evaluate("window.hacked")).toBeUndefined();
  expect(await page.locator("main img, main script, main b").count()).toBe(0);
});

test("a request is looked at, sent once, and followed to its end", async () => {
  await signedIn("#/submit");
  const area = page.getByLabel("The run request, as JSON");
  await area.fill(JSON.stringify({ command: ["sh", "-c", "read _ < gate"], run_config: { type: "LocalRun", cpu: 3 } }));
  await page.getByRole("button", { name: "Submit" }).click();
  const problem = page.getByRole("alert");
  await problem.getByText("run_config.cpu").first().waitFor();
  expect(await problem.locator(".remedy").textContent()).not.toBe("");

  const gate = join(stack.folder, "gate");
  await area.fill(
    JSON.stringify({ id: "by-hand", command: ["sh", "-c", `mkfifo ${gate}; read _ < ${gate}`], run_config: { type: "LocalRun" } }),
  );
  await page.getByRole("button", { name: "Show what it would launch" }).click();
  await page.getByText("Would go to local (local)").waitFor();
  await page.getByText("local:spawn").waitFor();
  expect((await stack.cli(["show", "by-hand"])).status).toBe(1);

  await page.getByRole("button", { name: "Submit" }).click();
  await page.waitForURL(/#\/runs\/by-hand$/);
  await state("RUNNING").waitFor();
  await page.getByRole("button", { name: "Cancel the run" }).waitFor();
  await stack.cli(["submit", "-", "--wait"], JSON.stringify({ command: ["sh", "-c", `echo > ${gate}`], run_config: { type: "LocalRun" } }));
  await state("SUCCEEDED").waitFor();
  expect(await page.getByRole("button", { name: "Cancel the run" }).count()).toBe(0);
});

test("a run is cancelled by whoever is sure", async () => {
  await stack.cli(["submit", "-"], JSON.stringify({ id: "to-cancel", command: ["sleep", "600"], run_config: { type: "LocalRun" } }));
  await signedIn("#/runs/to-cancel");
  await state("RUNNING").waitFor();
  page.once("dialog", (dialog) => void dialog.dismiss());
  await page.getByRole("button", { name: "Cancel the run" }).click();
  expect(asked.filter((url) => url.endsWith("/cancel"))).toEqual([]);
  page.once("dialog", (dialog) => void dialog.accept());
  await page.getByRole("button", { name: "Cancel the run" }).click();
  await state("CANCELLED").waitFor();
});

test("a run that is not there, and a token that is not known", async () => {
  await signedIn("#/runs/nobody");
  await page.getByRole("alert").getByText("NOT_FOUND").waitFor();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByLabel("Token").fill("wrong");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByText("This token is not known here.").waitFor();
  await page.getByLabel("Token").fill(token);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("alert").getByText("NOT_FOUND").waitFor();
  const other = await context.newPage();
  await other.goto(`${address}/`);
  await other.getByLabel("Token").waitFor();
});

test("while Slipway does not answer the page says so and keeps what it shows, and goes on by itself", async () => {
  await submitted({ id: "kept", command: ["true"], run_config: { type: "LocalRun" } });
  await signedIn();
  const kept = page.getByRole("link", { name: "kept", exact: true });
  await kept.waitFor();
  await context.setOffline(true);
  await page.getByText("Slipway does not answer").waitFor();
  expect(await kept.count()).toBe(1);
  await context.setOffline(false);
  await page.getByText("Slipway does not answer").waitFor({ state: "detached" });
});

test("targets are listed, each with the way to its runs", async () => {
  await signedIn("#/targets");
  await page.getByRole("link", { name: "local", exact: true }).click();
  await page.waitForURL(/#\/runs\?target=local/);
  await page.getByRole("columnheader", { name: "Created" }).waitFor();
});
