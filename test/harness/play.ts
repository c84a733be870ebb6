/** A history of runs that any launcher can be put through: requests, duplicates, other contents, wake-ups, cancels, deployments. */
import { acceptRun } from "./accept.ts";
import { CHAOS, type Chaos, type Draws, LONGEST, MINUTE } from "./chaos.ts";
import { isOver, type SentDocument } from "./judge.ts";
import { START, type VirtualTime } from "./virtual-time.ts";
import type { World } from "./world.ts";

/** What is the launcher's own of a history. */
export interface Story {
  /** Type of the runs' configs. */
  readonly type: string;
  /** Further fields of a request. */
  more?(): object;
  /** The first is the usual one, which is deployed in the end. */
  readonly configurations: readonly [string, ...string[]];
  /** What the service does of itself meanwhile. */
  meanwhile?(): void;
  /** How much was started so far. */
  started(): number;
  /** What is waited for after the late messages. */
  afterwards?(): Promise<void>;
  readonly violations: string[];
}

/** Plays it until all is over and has been asked for once more. Answers what was sent. */
export async function play(
  world: World,
  time: VirtualTime,
  chaos: Draws & Pick<Chaos, "reigns">,
  story: Story,
): Promise<readonly SentDocument[]> {
  const { chance, upTo, pick } = chaos;
  const documents: SentDocument[] = [];
  const ids = Array.from({ length: 1 + upTo(3) }, (_, index) => `run-${index}`);
  const send = (body: object, after: number) => void time.after(after, () => void world.queue.send(JSON.stringify(body), time.now()));
  for (const id of ids) {
    const document: SentDocument = {
      id,
      command: ["work", "first"],
      run_config: { type: story.type, labels: [pick(["a", "a", "b"])] },
      ...(chance(0.1) ? { not_after: new Date(START + upTo(CHAOS)).toISOString() } : {}),
      ...story.more?.(),
    };
    const another: SentDocument = { ...document, command: ["work", "second"] };
    documents.push(document);
    const cameAt = upTo(4 * MINUTE);
    if (chance(0.2)) {
      time.after(cameAt, () => {
        void acceptRun(world, document).then(() => {
          // A webhook that died before it enqueued.
          if (!chance(0.3)) world.queue.send(JSON.stringify({ run: id }), time.now());
        });
      });
    } else send(document, cameAt);
    if (chance(0.3)) send(document, cameAt + upTo(chance(0.5) ? 300 : 5 * MINUTE));
    if (chance(0.15)) {
      documents.push(another);
      send(another, upTo(8 * MINUTE));
    }
    if (chance(0.15)) send({ run: id }, cameAt + upTo(2 * MINUTE));
    if (chance(0.3)) send({ cancel: { id } }, chance(0.5) ? cameAt + upTo(1000) : upTo(8 * MINUTE));
  }
  story.meanwhile?.();
  for (let changes = chance(0.5) ? 1 + upTo(3) : 0; changes > 0; changes--) {
    const next = pick(story.configurations);
    time.after(upTo(CHAOS), () => world.deploy(next));
  }
  time.after(CHAOS, () => world.deploy(story.configurations[0]));

  world.feed(() => 1 + upTo(3));
  await world.tick(
    () => (!chaos.reigns() && isOver(world, ids)) || time.now() > START + LONGEST,
    () => chaos.reigns() && chance(0.05),
  );

  // Whatever comes once more after the end changes nothing; the judge of changes watches.
  const started = story.started();
  for (const document of documents) world.queue.send(JSON.stringify(document), time.now());
  for (const id of ids) for (const late of [{ run: id }, { cancel: { id } }]) world.queue.send(JSON.stringify(late), time.now());
  await time.sleep(5 * MINUTE);
  await story.afterwards?.();
  if (story.started() > started) story.violations.push("a message after the end started something");
  return documents;
}
