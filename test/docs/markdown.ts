// Markdown pages as the documentation tests read them: fenced blocks, headings, links and code spans.

import { readFileSync } from "node:fs"
import { join } from "node:path"

export const ROOT = join(import.meta.dir, "../..")

export type Page = { path: string; text: string }

/**
 * A fenced code block. The comment on the line above it may give a `reason` (`<!-- not run: … -->`)
 * or the name of the `file` that the block is (`<!-- file: … -->`).
 */
export type Block = {
  line: number
  language: string
  text: string
  reason: string | null
  file: string | null
}

/** Reads a page by its path relative to the repository. */
export const readPage = (path: string): Page => ({ path, text: readFileSync(join(ROOT, path), "utf8") })

/** Returns the pages that tell users how ptyline works. Their commands run in the test. */
export function manualPages(): Page[] {
  const docs = [...new Bun.Glob("docs/**/*.md").scanSync({ cwd: ROOT })].sort()
  return ["README.md", ...docs].map(readPage)
}

/** Returns every committed page for readers. Their links are checked. */
export function allPages(): Page[] {
  const others = [...new Bun.Glob("*.md").scanSync({ cwd: ROOT })].filter(path => path !== "README.md")
  const github = [...new Bun.Glob(".github/**/*.md").scanSync({ cwd: ROOT, dot: true })]
  return [...manualPages(), ...[...others, ...github].sort().map(readPage)]
}

const FENCE = /^(\s*)(`{3,}|~{3,})\s*(\S*)/

/** Returns the value of the comment `<!-- name: value -->` in a line, or null. */
export const comment = (line: string | undefined, name: string): string | null =>
  new RegExp(`^\\s*<!-- ${name}: (.+) -->\\s*$`).exec(line ?? "")?.[1] ?? null

/** Returns the fenced blocks of a page in order. Throws when a fence stays open. */
export function blocks(page: Page): Block[] {
  const lines = page.text.split("\n")
  const found: Block[] = []
  for (let at = 0; at < lines.length; at++) {
    const fence = FENCE.exec(lines[at]!)
    if (!fence) continue
    const end = closing(lines, at, fence[2]!)
    if (end < 0) throw new Error(`${page.path}:${at + 1}: the fence is not closed`)
    const text = lines.slice(at + 1, end).map(line => line.slice(fence[1]!.length))
    const [reason, file] = [comment(lines[at - 1], "not run"), comment(lines[at - 1], "file")]
    found.push({ line: at + 1, language: fence[3]!, text: text.join("\n"), reason, file })
    at = end
  }
  return found
}

/** Returns the index of the line that closes the fence opened at `start`, or -1. */
const closing = (lines: string[], start: number, fence: string): number =>
  lines.findIndex((line, at) => at > start && line.trim().startsWith(fence) && /^\s*[`~]+\s*$/.test(line))

/** Returns a page's prose lines. Lines inside fenced blocks are empty. */
export function prose(page: Page): string[] {
  const lines = page.text.split("\n")
  for (const { line, text } of blocks(page)) {
    const length = text.split("\n").length
    for (let at = line - 1; at <= line + length; at++) lines[at] = ""
  }
  return lines
}

/** Returns the anchors of a page's headings, as GitHub forms them. */
export function anchors(page: Page): Set<string> {
  const seen = new Map<string, number>()
  const names = prose(page).flatMap(line => /^#{1,6}\s+(.+)$/.exec(line)?.[1] ?? [])
  return new Set(names.map(name => numbered(slug(name), seen)))
}

const slug = (heading: string): string =>
  heading
    .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .trim()
    .replace(/\s/g, "-")

function numbered(name: string, seen: Map<string, number>): string {
  const count = seen.get(name) ?? 0
  seen.set(name, count + 1)
  return count === 0 ? name : `${name}-${count}`
}

/** Returns the targets of a page's links and pictures, with their line numbers. */
export function links(page: Page): { line: number; target: string }[] {
  return prose(page).flatMap((text, at) =>
    [...text.replace(/`[^`]*`/g, "").matchAll(/\]\(([^()\s]+)(?:\s+"[^"]*")?\)/g)].map(([, target]) => ({
      line: at + 1,
      target: target!,
    })),
  )
}

/** Returns the code spans of a page's prose, with their line numbers. */
export function spans(page: Page): { line: number; code: string }[] {
  return prose(page).flatMap((text, at) =>
    [...text.matchAll(/`([^`]+)`/g)].map(([, code]) => ({ line: at + 1, code: code! })),
  )
}
