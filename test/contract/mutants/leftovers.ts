/** Lists that are not whole, or hold what is another's; removals that end what runs, or take what is not ours. */
import type { Backend, Owned } from "../../../shared/core/launcher.ts";
import { type Mutant, TEMPLATE, withBackend } from "./mutant.ts";

type List = NonNullable<Backend["owned"]>;

/** The template with another list, made of the one that it has. */
function withList(change: (list: List) => List): Mutant["launcher"] {
  return withBackend(({ owned }) => (owned === undefined ? {} : { owned: change(owned) }));
}

/** The raw call, without what the backend looks at before it. */
function deleting(query: string): Mutant["launcher"] {
  return {
    ...TEMPLATE,
    async connect(target, services) {
      const backend = await TEMPLATE.connect(target, services);
      const { endpoint } = target.settings as { endpoint: string };
      return {
        ...backend,
        async remove({ handle }, _outcome, signal) {
          const headers = { authorization: `Bearer ${await services.secret("env:TOKEN")}` };
          await fetch(`${endpoint}/jobs/${handle}${query}`, { method: "DELETE", headers, ...(signal === undefined ? {} : { signal }) });
        },
      };
    },
  };
}

async function* mapped(list: AsyncIterable<Owned>, change: (one: Owned) => readonly Owned[]): AsyncIterable<Owned> {
  for await (const one of list) yield* change(one);
}

const OWNED = "owned: what this";
const END = "owned: an end";

export const LEFTOVER_MUTANTS: readonly Mutant[] = [
  {
    without: "a list",
    launcher: withBackend(({ owned: _owned, ...backend }) => ({ ...backend, owned: undefined as unknown as List })),
    breaks: ["a list that", "a removal that", OWNED, END, "remove: what an", "remove of what"],
  },
  {
    without: "the list's second page",
    launcher: withList(
      (list) =>
        async function* (deployment, signal) {
          let left = 10;
          for await (const one of list(deployment, signal)) if (left-- > 0) yield one;
        },
    ),
    breaks: ["a list that", OWNED],
  },
  {
    without: "telling an empty list from none",
    launcher: withList(
      (list) =>
        async function* (deployment, signal) {
          try {
            yield* list(deployment, signal);
          } catch {
            // It will be there next time.
          }
        },
    ),
    breaks: ["a list that"],
  },
  {
    without: "the end of a deployment's name",
    launcher: withList((list) => (deployment, signal) => list(deployment === "tes" ? "test" : deployment, signal)),
    breaks: [OWNED],
  },
  {
    without: "the handles of its submits",
    launcher: withList(
      (list) => (deployment, signal) => mapped(list(deployment, signal), (one) => [{ ...one, handle: `jobs/${one.handle}` }]),
    ),
    breaks: [OWNED, "remove: what an", "remove of what"],
  },
  {
    without: "ends in the list",
    launcher: withList((list) => (deployment, signal) => mapped(list(deployment, signal), (one) => [{ ...one, status: "active" }])),
    breaks: [END, "remove: what an"],
  },
  {
    without: "an effect of remove",
    launcher: withBackend(() => ({ remove: async () => {} })),
    breaks: ["a removal that", "remove: what an"],
  },
  {
    without: "patience of remove",
    launcher: withBackend((backend) => ({
      async remove(launched, outcome, signal) {
        const [seen] = await backend.inspect([{ ...launched, id: "" }], signal);
        const known: string[] = [];
        for await (const { handle } of backend.owned?.("test", signal ?? new AbortController().signal) ?? []) known.push(handle);
        if (seen === undefined || !known.includes(launched.handle)) throw new Error("there is nothing to remove");
        await backend.remove?.(launched, outcome, signal);
      },
    })),
    breaks: ["remove: what an"],
  },
  { without: "care for what runs in remove", launcher: deleting(""), breaks: ["remove of what", "remove by the"] },
  { without: "a look at whose it is in remove", launcher: deleting("?ended=true"), breaks: ["remove by the"] },
  {
    without: "word of a stop that was not taken",
    launcher: withBackend((backend) => ({
      stop: (launched, reason, signal) => backend.stop(launched, reason, signal).catch(() => undefined),
    })),
    breaks: ["a stop that"],
  },
  {
    without: "heed of the signal in a look",
    launcher: withBackend((backend) => ({ inspect: (launched) => backend.inspect(launched) })),
    breaks: ["a service that does not answer"],
  },
  {
    without: "more than one call in a look",
    launcher: withBackend((backend) => ({
      inspect: async (launched, signal) => {
        const seen = await backend.inspect(launched.slice(0, 50), signal);
        return launched.map((_, index) => seen[index] ?? { status: "absent" });
      },
    })),
    breaks: ["inspect of more"],
  },
];
