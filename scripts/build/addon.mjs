/**
 * The addon, by node-gyp, for one Node ABI: dist/native/<platform>/abi-<ABI>/nano.node.
 */
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { cpus } from "node:os";
import { dirname, join } from "node:path";
import { library } from "./core.mjs";
import { fingerprint, unlessFresh } from "./fingerprint.mjs";
import { BuildError, checkCompilers, nodeHeaders, platformName, root, runProgram } from "./toolchain.mjs";

const bridge = "native/v8-bridge";

export function buildAddon({ nodedir, force }) {
  checkSources();
  const headers = nodeHeaders(nodedir);
  const output = `dist/native/${platformName()}/abi-${headers.abi}/nano.node`;
  const inputs = fingerprint([bridge, "binding.gyp", library], [headers.abi, process.env.CXX ?? "", process.env.CXXFLAGS ?? ""]);
  return unlessFresh({ name: `addon abi-${headers.abi}`, inputs, outputs: [output], force }, () => {
    checkCompilers();
    console.log(`nano: building the addon for Node ${headers.version} (node-gyp)`);
    // node-gyp knows one build folder; each ABI gets its own so that objects stay for the next time.
    const kept = join(root, `.cache/gyp/abi-${headers.abi}`);
    const build = join(root, "build");
    rmSync(build, { recursive: true, force: true });
    if (existsSync(kept)) renameSync(kept, build);
    // make does not see the library among the addon's inputs.
    for (const name of ["nano.node", "obj.target/nano.node"]) rmSync(join(build, "Release", name), { force: true });
    try {
      const gyp = createRequire(import.meta.url).resolve("node-gyp/bin/node-gyp.js");
      const from = headers.folder === undefined ? [`--target=${headers.version}`] : [`--nodedir=${headers.folder}`];
      runProgram("node-gyp", process.execPath, [gyp, "configure", "build", "--release", `--jobs=${cpus().length}`, ...from], {
        quiet: true,
        // npm's own setting must not win over the headers chosen here.
        env: { npm_config_nodedir: headers.folder ?? "" },
      });
      mkdirSync(join(root, dirname(output)), { recursive: true });
      // Never written in place: a process may have the old one loaded.
      copyFileSync(join(build, "Release/nano.node"), join(root, `${output}.new`));
      renameSync(join(root, `${output}.new`), join(root, output));
    } finally {
      if (existsSync(build)) {
        mkdirSync(dirname(kept), { recursive: true });
        renameSync(build, kept);
      }
    }
  });
}

/** sources.json is what both build systems compile: a file that is not in it would be silently left out. */
function checkSources() {
  const listed = JSON.parse(readFileSync(join(root, bridge, "sources.json"), "utf8")).sources;
  const there = readdirSync(join(root, bridge), { recursive: true })
    .filter((name) => name.endsWith(".cc"))
    .map((name) => `${bridge}/${name}`);
  const unlisted = there.filter((name) => !listed.includes(name));
  const absent = listed.filter((name) => !there.includes(name));
  if (unlisted.length > 0) throw new BuildError(`not listed in ${bridge}/sources.json: ${unlisted.join(", ")}`);
  if (absent.length > 0) throw new BuildError(`listed in ${bridge}/sources.json but not there: ${absent.join(", ")}`);
}
