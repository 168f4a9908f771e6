// Builds the library's client as one module for Node and browsers. Bun imports the sources.

import { join } from "node:path"

const root = join(import.meta.dir, "..")

/** Writes dist/library/client.js. Throws with the bundler's messages. */
export async function buildLibrary(): Promise<void> {
  const built = await Bun.build({
    entrypoints: [join(root, "src/client/index.ts")],
    outdir: join(root, "dist/library"),
    naming: "client.js",
    target: "browser",
  })
  if (!built.success) throw new AggregateError(built.logs, "cannot build the library's client")
}

if (import.meta.main) await buildLibrary()
