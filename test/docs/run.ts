// Runs a page: its console blocks, in order, in one shell.
// A comment `<!-- server: … -->` in the page names a server to start first.

import { matches, steps } from "./console.ts"
import { type Block, blocks, comment, type Page } from "./markdown.ts"
import { PageShell } from "./shell.ts"

/** Runs a page's console blocks and returns a report for each command that printed something else. */
export async function failures(page: Page): Promise<string[]> {
  const todo = blocks(page).filter(runs)
  if (todo.length === 0) return []
  await using shell = new PageShell()
  const server = page.text.split("\n").flatMap(line => comment(line, "server") ?? [])
  for (const command of server) await shell.serve(command)
  const found: string[] = []
  for (const block of todo) {
    if (block.file) shell.write(block.file, block.text)
    else found.push(...(await failuresIn(block, page.path, shell)))
  }
  return found
}

/** Does this block do something in the shell? */
const runs = ({ language, reason, file }: Block): boolean =>
  file !== null || (language === "console" && reason === null)

async function failuresIn(block: Block, path: string, shell: PageShell): Promise<string[]> {
  const found: string[] = []
  for (const { command, output } of steps(block.text)) {
    const printed = await shell.run(command)
    if (!matches(output, printed))
      found.push(
        `${path}:${block.line}: $ ${command}\n--- expected\n${output.join("\n")}\n--- printed\n${printed}`,
      )
  }
  return found
}

/** Returns a function that starts work when fewer than `lanes` are at it. */
export function queue(lanes: number): <T>(work: () => Promise<T>) => Promise<T> {
  const ends: Promise<unknown>[] = []
  return work => {
    const turn = ends.length < lanes ? Promise.resolve() : ends[ends.length - lanes]!
    const result = turn.then(work)
    ends.push(result.catch(() => {}))
    return result
  }
}
