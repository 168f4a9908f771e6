// Builds dist/ptyline, an executable that contains the page, and the library.

import { join } from "node:path"
import { buildLibrary } from "./library.ts"
import { buildPage } from "./page.ts"

const root = join(import.meta.dir, "..")

/** Flags of `bun build`: the executable ignores .env, bunfig.toml etc. of its working directory. */
const NO_AUTOLOAD = ["dotenv", "bunfig", "tsconfig", "package-json"].map(
  what => `--no-compile-autoload-${what}`,
)

/** Writes dist/web, dist/library and dist/ptyline. Exits with 1 and the bundler's messages on failure. */
async function build(): Promise<void> {
  await buildPage(join(root, "dist/web"))
  await buildLibrary()
  const command = [
    "build",
    "--compile",
    "--minify",
    "--bytecode",
    // a holder, one per session, then loads only the modules it needs
    "--splitting",
    "--format=esm",
    ...NO_AUTOLOAD,
    "--asset",
    "dist/web",
    "bin/ptyline.ts",
    "--outfile",
    "dist/ptyline",
  ]
  const { exitCode, stdout, stderr } = Bun.spawnSync([process.execPath, ...command], { cwd: root })
  if (exitCode === 0) return
  process.stderr.write(`${stdout}${stderr}`)
  process.exit(1)
}

await build()
