// Builds the web page: bundles web/ into a directory that the server serves as it is.

import { readdir, rename, rm } from "node:fs/promises"
import { join } from "node:path"
import { gzipSync } from "node:zlib"

/**
 * Writes index.html, hashed scripts and styles, and a `.gz` beside each that gets smaller by it. The
 * old page is replaced at the very end, so a server never finds half a page. Throws with the bundler's messages.
 */
export async function buildPage(outdir: string): Promise<void> {
  const fresh = `${outdir}.${process.pid}`
  const built = await Bun.build({
    entrypoints: [join(import.meta.dir, "../web/index.html")],
    outdir: fresh,
    target: "browser",
    minify: true,
    naming: { entry: "[name].[ext]", chunk: "[name]-[hash].[ext]", asset: "[name]-[hash].[ext]" },
  })
  if (!built.success) throw new AggregateError(built.logs, "the page was not built")
  for (const name of await readdir(fresh)) await compress(join(fresh, name))
  await rm(outdir, { recursive: true, force: true })
  await rename(fresh, outdir)
}

async function compress(path: string): Promise<void> {
  const plain = await Bun.file(path).bytes()
  const packed = gzipSync(plain, { level: 9 })
  if (packed.length < plain.length * 0.9) await Bun.write(`${path}.gz`, packed)
}

if (import.meta.main) await buildPage(join(import.meta.dir, "../dist/web"))
