// Builds the web page: bundles web/ into a directory that the server serves.

import { readdir, rename, rm } from "node:fs/promises"
import { join } from "node:path"
import { gzipSync } from "node:zlib"

const WEB = join(import.meta.dir, "../web")
const PAGES = ["index.html", "embed.html", "examples/document.html"]

/**
 * Writes the pages, hashed scripts and styles, the web component as one file, and a `.gz` of each file that
 * compresses. Replaces the old page at the end, so that a server never finds half a page.
 * Throws with the bundler's messages.
 */
export async function buildPage(outdir: string): Promise<void> {
  const fresh = `${outdir}.${process.pid}`
  const built = await Bun.build({
    entrypoints: PAGES.map(page => join(WEB, page)),
    root: WEB,
    outdir: fresh,
    target: "browser",
    minify: true,
    naming: { entry: "[dir]/[name].[ext]", chunk: "[name]-[hash].[ext]", asset: "[name]-[hash].[ext]" },
  })
  const component = await Bun.build({
    entrypoints: [join(WEB, "component/index.ts")],
    outdir: fresh,
    target: "browser",
    minify: true,
    naming: "ptyline-terminal.js",
  })
  if (!built.success || !component.success)
    throw new AggregateError([...built.logs, ...component.logs], "cannot build the page")
  const files = await readdir(fresh, { recursive: true, withFileTypes: true })
  for (const file of files) if (file.isFile()) await compress(join(file.parentPath, file.name))
  await rm(outdir, { recursive: true, force: true })
  await rename(fresh, outdir)
}

async function compress(path: string): Promise<void> {
  const plain = await Bun.file(path).bytes()
  const packed = gzipSync(plain, { level: 9 })
  if (packed.length < plain.length * 0.9) await Bun.write(`${path}.gz`, packed)
}

if (import.meta.main) await buildPage(join(import.meta.dir, "../dist/web"))
