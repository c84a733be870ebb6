/** The web page's files, as they are served: public, since they know nothing. What they do in a browser: test/browser. */
import { readdir } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type HttpWorld, httpWorld } from "../support/http-world.ts";

let world: HttpWorld;
beforeAll(async () => {
  world = await httpWorld({ config: "targets:\n  - {name: main, type: local}\n" });
});
afterAll(() => world.close());

test("the page lets in nothing from elsewhere, no text that becomes code, and stands in nobody's frame", async () => {
  const answer = await fetch(`${world.url}/`);
  expect(answer.status).toBe(200);
  expect(answer.headers.get("content-type")).toBe("text/html; charset=utf-8");
  const policy = answer.headers.get("content-security-policy")?.split("; ");
  expect(policy).toEqual(
    expect.arrayContaining([
      "default-src 'none'",
      "script-src 'self'",
      "frame-ancestors 'none'",
      "base-uri 'none'",
      "require-trusted-types-for 'script'",
    ]),
  );
  expect(policy?.join()).not.toMatch(/unsafe|\*/);
  expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
  const text = await answer.text();
  expect(text).not.toMatch(/<script(?![^>]*\ssrc=)|\son\w+=|\sstyle=|https?:\/\/(?!www\.w3\.org)/);
});

test("every file that one of them names is served, by its type", async () => {
  const names = await readdir("functions/console/page");
  const named = new Set<string>();
  for (const name of names) {
    const answer = await fetch(`${world.url}/${name === "index.html" ? "" : `console/${name}`}`);
    expect(answer.status, name).toBe(200);
    expect(answer.headers.get("content-type"), name).toMatch(/^text\/(html|css|javascript); charset=utf-8$/);
    for (const [, file = ""] of (await answer.text()).matchAll(/(?:from "\.\/|="console\/)([\w.-]+)"/g)) named.add(file);
  }
  expect([...named].toSorted()).toEqual(names.filter((name) => name !== "index.html").toSorted());
});

test.for(["/console/nothing.js", "/console/page.ts", "/console/..%2Ffiles.ts", "/console/__proto__", "/console/toString", "/console/"])(
  "there is no %s",
  async (path) => {
    const answer = await fetch(`${world.url}${path}`);
    expect(answer.status).toBe(404);
    expect(await answer.json()).toMatchObject({ code: "NOT_FOUND" });
  },
);

test("nothing can be posted to the page", async () => {
  const answer = await fetch(`${world.url}/`, { method: "POST", body: "{}" });
  expect([answer.status, answer.headers.get("allow")]).toEqual([405, "GET"]);
});
