// Builds dist/ptyline: one executable with the page inside, deaf to the .env and bunfig.toml of wherever it is run. And the library.

import { join } from "node:path"
import { buildLibrary } from "./library.ts"
import { buildPage } from "./page.ts"

const root = join(import.meta.dir, "..")

/** Flags of `bun build`: nothing of the directory it runs in may configure the executable. */
const DEAF = ["dotenv", "bunfig", "tsconfig", "package-json"].map(what => `--no-compile-autoload-${what}`)

/** Writes dist/web, dist/library and dist/ptyline. Exits with 1 and the bundler's words when that fails. */
async function build(): Promise<void> {
  await buildPage(join(root, "dist/web"))
  await buildLibrary()
  const command = [
    "build",
    "--compile",
    "--minify",
    "--bytecode",
    // a holder, of which there is one for each session, loads what it needs and no more
    "--splitting",
    "--format=esm",
    ...DEAF,
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
