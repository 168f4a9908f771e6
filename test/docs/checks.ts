// What a page must keep to besides its commands: known fences, blocks that parse, links that lead somewhere.

import { existsSync } from "node:fs"
import { dirname, join, normalize } from "node:path"
import { parse as parseToml } from "smol-toml"
import { parse as parseYaml } from "yaml"
import { steps } from "./console.ts"
import { anchors, type Block, blocks, links, type Page, prose, ROOT, readPage } from "./markdown.ts"

/** How a block of each language is checked. Null: it cannot be, and needs a reason. */
const CHECKS: Record<string, ((text: string) => unknown) | null> = {
  console: steps,
  json: JSON.parse,
  yaml: text => parseYaml(text),
  toml: parseToml,
  ts: text => new Bun.Transpiler({ loader: "ts" }).transformSync(text),
  html: null,
  ini: null,
  text: null,
  "": withoutCommands,
}

/** A block without a language may be a diagram. Throws when a line looks like a command. */
function withoutCommands(text: string): void {
  const command = /^\s*(?:[$#%] +)?(?:ptyline|npm|npx|bun|bunx|node|curl|git|ssh|sudo|cd|export)\b.*/m.exec(
    text,
  )
  if (command) throw new Error(`it hides the command ${command[0].trim()}`)
}

/** Returns one line per block of a page that is not checked, or is wrong. */
export function blockProblems(page: Page): string[] {
  const hidden = prose(page).flatMap((line, at) =>
    /^\s*\$ /.test(line) ? [`${page.path}:${at + 1}: a command outside a console block`] : [],
  )
  const found = blocks(page).flatMap(block => {
    const problem = problemOf(block)
    return problem ? [`${page.path}:${block.line}: ${problem}`] : []
  })
  return [...hidden, ...found]
}

function problemOf({ language, text, reason, file }: Block): string | null {
  const check = CHECKS[language]
  if (language !== "console" && /^\s*\$ /m.test(text))
    return `commands in a block of ${language || "no language"}`
  if (check === undefined)
    return file ? null : `unknown language ${JSON.stringify(language)}; commands go into console blocks`
  if (check === null) return reason ? null : `a block of ${language} needs a comment: <!-- not run: why -->`
  try {
    check(text)
    return null
  } catch (error) {
    return `not valid ${language}: ${error}`
  }
}

/** Returns one line per relative link of a page whose file or anchor does not exist. */
export const linkProblems = (page: Page): string[] =>
  links(page).flatMap(({ line, target }) =>
    leads(page, target) ? [] : [`${page.path}:${line}: broken link ${target}`],
  )

function leads(page: Page, target: string): boolean {
  if (/^[a-z]+:/.test(target)) return true
  const [path = "", anchor] = target.split("#")
  const file = path === "" ? page.path : normalize(join(dirname(page.path), path))
  if (path !== "" && !existsSync(join(ROOT, file))) return false
  if (anchor === undefined) return true
  return anchors(path === "" ? page : readPage(file)).has(anchor)
}

/** Returns one line per test file that a page names and that does not exist. */
export const testProblems = (page: Page): string[] =>
  [...page.text.matchAll(/\btest\/[\w./-]+\.test\.tsx?\b/g)]
    .filter(([file]) => !existsSync(join(ROOT, file)))
    .map(([file]) => `${page.path}: no test ${file}`)

/** Type-checks the TypeScript blocks of all pages at once and returns the compiler's errors in them. */
export async function typeProblems(pages: Page[], directory: string): Promise<string[]> {
  const examples = pages.flatMap(page =>
    blocks(page)
      .filter(isTypeScript)
      .map(block => ({ page, ...block })),
  )
  for (const { page, line, text } of examples) {
    const name = `${page.path.replaceAll(/[/.]/g, "_")}_${line}.ts`
    await Bun.write(join(directory, name), `${text}\nexport {}\n`)
  }
  await Bun.write(join(directory, "tsconfig.json"), JSON.stringify(CONFIG))
  const compiler = Bun.spawn([process.execPath, "x", "tsc", "-p", directory], {
    cwd: directory,
    stdout: "pipe",
  })
  const output = await new Response(compiler.stdout).text()
  return output.split("\n").filter(line => /^\w+_\d+\.ts\(/.test(line))
}

const isTypeScript = ({ language }: Block): boolean => language === "ts"

/** The examples run in Bun, whose WebSocket takes headers; a browser's does not. */
const CONFIG = {
  extends: join(ROOT, "tsconfig.json"),
  compilerOptions: { lib: ["ESNext"] },
  include: ["*.ts"],
}
