/** A launch on ECS through the exported handler, beside the least that it can cost: CPU, and launches/s where every call takes 50 ms. */
import { type ChildProcess, spawn } from "node:child_process";
import { resolve } from "node:path";
import type { Took, Work } from "./ecs/work.ts";

const LAUNCHES = Number(process.argv[2] ?? 3000);
const ROUNDS = 3;

const [floor, dispatcher] = await compared({ launches: LAUNCHES, inFlight: 20 }, 0);
report("floor (PutItem, RunTask, UpdateItem)", floor);
report("dispatch handler                    ", dispatcher);
console.log(`dispatcher / floor: ${(dispatcher.cpuMilliseconds / floor.cpuMilliseconds).toFixed(2)} in CPU`);
const [slowFloor, slow] = await compared({ launches: LAUNCHES, inFlight: 100 }, 50);
console.log(
  `services that take 50 ms, 100 in flight: ${(LAUNCHES / slow.seconds).toFixed(0)} launches/s from one process (floor ${(LAUNCHES / slowFloor.seconds).toFixed(0)})`,
);

/** The medians of several rounds, floor and dispatcher in turn. */
async function compared(work: Pick<Work, "launches" | "inFlight">, latencyMs: number): Promise<readonly [Took, Took]> {
  const rounds: { readonly floor: Took; readonly dispatcher: Took }[] = [];
  for (let round = 0; round < (latencyMs === 0 ? ROUNDS : 1); round++) {
    const services = start("services.ts", String(latencyMs));
    const places = JSON.parse(await firstLine(services));
    const given = JSON.stringify({ ...work, ...places });
    rounds.push({ floor: await result("floor.ts", given), dispatcher: await result("dispatcher.ts", given) });
    services.stdin?.end();
  }
  const median = (part: "floor" | "dispatcher") =>
    rounds.map((round) => round[part]).sort((a, b) => a.cpuMilliseconds - b.cpuMilliseconds)[Math.floor(rounds.length / 2)] as Took;
  return [median("floor"), median("dispatcher")];
}

function start(file: string, argument: string): ChildProcess {
  return spawn(process.execPath, [resolve("bench/ecs", file), argument], { stdio: ["pipe", "pipe", "inherit"] });
}

async function result(file: string, argument: string): Promise<Took> {
  return JSON.parse(await firstLine(start(file, argument)));
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((found, failed) => {
    let text = "";
    child.stdout?.on("data", (chunk) => {
      text += chunk;
      if (text.includes("\n")) found(text.slice(0, text.indexOf("\n")));
    });
    child.once("exit", (code) => failed(new Error(`a part of the bench ended with ${code}`)));
  });
}

function report(name: string, { cpuMilliseconds, seconds }: Took): void {
  console.log(`${name}: ${(LAUNCHES / seconds).toFixed(0)} launches/s, ${cpuMilliseconds.toFixed(2)} ms CPU each`);
}
