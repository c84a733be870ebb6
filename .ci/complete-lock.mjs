// npm leaves optional packages of other platforms out of the lock file when the registry at hand lacks their newest release,
// and `npm ci` then calls the lock file out of step. This writes them in, by the version that their parent names, so that
// every machine takes its own: `node .ci/complete-lock.mjs` after each `npm install`.
import { readFileSync, writeFileSync } from "node:fs";

const PATH = new URL("../package-lock.json", import.meta.url);
const OS = ["aix", "android", "darwin", "freebsd", "linux", "netbsd", "openbsd", "openharmony", "sunos", "win32"];
const CPU = ["arm64", "arm", "ia32", "loong64", "mips64el", "ppc64", "riscv64", "s390x", "wasm32", "x64"];

const lock = JSON.parse(readFileSync(PATH, "utf8"));
const { packages } = lock;
const added = [];

for (const [parent, { optionalDependencies = {}, dev, devOptional }] of Object.entries(packages)) {
  for (const [name, version] of Object.entries(optionalDependencies)) {
    if (!/^\d/.test(version) || isThere(parent, name)) continue;
    const words = name.split(/[/-]/);
    const os = OS.find((word) => words.includes(word));
    const cpu = CPU.find(
      (word) => words.includes(word) || words.some((part) => part.startsWith(`${word}`) && word !== "x64" && word !== "arm64"),
    );
    if (os === undefined && cpu === undefined) continue;
    const libc =
      words.includes("musl") || words.includes("musleabihf")
        ? ["musl"]
        : words.includes("gnu") || words.includes("gnueabihf")
          ? ["glibc"]
          : undefined;
    packages[`node_modules/${name}`] = {
      version,
      ...(cpu ? { cpu: [cpu] } : {}),
      ...(dev ? { dev } : devOptional ? { devOptional } : {}),
      ...(libc ? { libc } : {}),
      optional: true,
      ...(os ? { os: [os] } : {}),
    };
    added.push(`${name}@${version}`);
  }
}

const [root, ...others] = Object.entries(packages);
lock.packages = Object.fromEntries([root, ...others.sort(([a], [b]) => (a < b ? -1 : 1))]);
writeFileSync(PATH, `${JSON.stringify(lock, undefined, 2)}\n`);
console.log(added.length === 0 ? "the lock file is complete" : `added:\n${added.join("\n")}`);

/** Node looks in the parent's own folder, then upwards. */
function isThere(parent, name) {
  for (let folder = parent; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf("/node_modules/")))) {
    if (packages[`${folder === "" ? "" : `${folder}/`}node_modules/${name}`]) return true;
    if (folder === "") return false;
  }
}
