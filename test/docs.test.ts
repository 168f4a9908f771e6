// The documentation is true: its commands print what it shows, its blocks parse, its links lead somewhere.

import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs"
import { join } from "node:path"
import { blockProblems, linkProblems, testProblems, typeProblems } from "./docs/checks.ts"
import { commandProblems, type Help, readHelp } from "./docs/commands.ts"
import { matches, steps } from "./docs/console.ts"
import { allPages, manualPages, type Page, ROOT, readPage } from "./docs/markdown.ts"
import { failures, queue } from "./docs/run.ts"
import { closeShells } from "./docs/shell.ts"
import { installed } from "./helpers.ts"

/** Two pages run at a time, and the commands of a page one by one. On a busy machine each takes a second. */
const inTurn = queue(2)
const PAGE_MS = 600_000
afterAll(closeShells)

describe("the pages", () => {
  const manual = manualPages()
  const pages = allPages()

  test.concurrent.skipIf(!installed("bash", "curl")).each(manual.map(page => [page.path, page] as const))(
    "%s: each command prints what the page shows",
    async (_, page) => {
      expect((await inTurn(() => failures(page))).join("\n\n")).toBe("")
    },
    PAGE_MS,
  )

  test("each block is run or checked, or says why not", () => {
    expect(pages.flatMap(blockProblems)).toEqual([])
  })

  test(
    "the TypeScript examples have the right types, and a wrong one is found",
    async () => {
      const wrong = page('```ts\nimport { nosuch } from "ptyline"\n```')
      expect(await checkTypes([...pages, wrong])).toEqual([expect.stringMatching(/^page_md_1\.ts.*nosuch/)])
    },
    PAGE_MS,
  )

  test("each relative link leads to a file and a heading", () => {
    expect(pages.flatMap(linkProblems)).toEqual([])
  })

  test("each test that a page names exists", () => {
    expect(manual.flatMap(testProblems)).toEqual([])
  })

  test("the README is under 8 KiB and AGENTS.md under 100 lines", () => {
    expect(statSync(join(ROOT, "README.md")).size).toBeLessThan(8192)
    expect(readPage("AGENTS.md").text.split("\n").length).toBeLessThan(100)
  })
})

describe("commands and flags", () => {
  let help: Help
  beforeAll(async () => {
    help = await readHelp()
  })

  test("the program has each that a page mentions", () => {
    expect(help.size).toBeGreaterThan(30)
    const others = ["CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"].map(readPage)
    expect([...manualPages(), ...others].flatMap(page => commandProblems(page, help))).toEqual([])
  })

  const wrong = [
    ["a command", "```console\n$ ptyline frobnicate\n```"],
    ["a flag in a console block", "```console\n$ PTYLINE_PORT=0 ptyline serve --nosuch 8\n```"],
    ["a flag of another command", "`ptyline logs --enter`"],
    ["a flag alone", "Use `--nosuch`."],
    ["a command in a workflow", "```yaml\n- run: ptyline nosuch --x\n```"],
  ] as const
  test.each(wrong)("a mention is rejected: %s", (_, text) => {
    expect(commandProblems(page(text), help)).toHaveLength(1)
  })

  test("flags after -- are the program's own", () => {
    expect(commandProblems(page("```console\n$ ptyline run -- ls --colour\n```"), help)).toEqual([])
  })
})

describe("the check can fail", () => {
  test.skipIf(!installed("bash"))(
    "a command that prints something else, and one that fails",
    async () => {
      const text =
        "```console\n$ ptyline version\n0.0.0-wrong\n$ ptyline ls; echo $?\n0\n$ echo right\nright\n```"
      expect(await failures(page(text))).toHaveLength(2)
    },
    PAGE_MS,
  )

  test.skipIf(!installed("bash") || process.platform !== "linux")(
    "a process that outlives its page is ended and reported",
    async () => {
      const left = failures(page("```console\n$ (setsid sleep 1000 &)\n```"))
      await expect(left).rejects.toThrow("sleep 1000")
    },
    PAGE_MS,
  )

  const blocks = [
    ["a block that is not run, without a reason", "```html\n<p>\n```"],
    ["commands in a fence that is not run", "```text\n$ ls\n```"],
    ["a shell fence", "```sh\nls\n```"],
    ["a command in a fence without a language", "```\nptyline ls\n```"],
    ["a command outside a fence", "    $ ls"],
    ["a fence in a list", "- item\n  ```bash\n  ls\n  ```"],
    ["output before a command", "```console\nhello\n$ ls\n```"],
    ["broken JSON", '```json\n{"a":}\n```'],
    ["broken YAML", "```yaml\na: [\n```"],
    ["broken TOML", "```toml\na = \n```"],
    ["broken TypeScript", "```ts\nconst = 1\n```"],
  ] as const
  test.each(blocks)("%s", (_, text) => {
    expect(blockProblems(page(text))).toHaveLength(1)
  })

  test("a diagram needs no language", () => {
    expect(blockProblems(page("```\nPTY -> log -> ptyline\n```"))).toEqual([])
  })

  test("a reason has to have words", () => {
    expect(blockProblems(page("<!-- not run: -->\n```text\nx\n```"))).toHaveLength(1)
    expect(blockProblems(page("<!-- not run: it is a tree -->\n```text\nx\n```"))).toEqual([])
  })

  test.each(["nowhere.md", "README.md#no-such-heading", "#no-such-heading", "docs"])(
    "a link to %s",
    target => {
      const expected = target === "docs" ? 0 : 1
      expect(linkProblems(page(`# Title\n\nSee [it](${target}) and [this](#title).`))).toHaveLength(expected)
    },
  )

  test("a test that does not exist", () => {
    expect(testProblems(page("See test/nowhere.test.ts."))).toHaveLength(1)
  })
})

describe("output is compared with wildcards", () => {
  const cases: [string, string, boolean][] = [
    ["a", "a\n", true],
    ["a", "b\n", false],
    ["a", "a\nb\n", false],
    ["", "a\n", false],
    ["", "", true],
    ["a ... c", "a b c\n", true],
    ["a...", "a\nb\n", false],
    ["...\nb", "b\n", true],
    ["...\nb", "a\n\nb\n", true],
    ["a\n...\nd", "a\nb\nc\nd\n", true],
    ["a\n...", "b\n", false],
    ["(x)", "x\n", false],
    ["bash-5.2$ ls", "bash-5.1# ls\r\n", true],
  ]
  test.each(cases)("%j and %j: %p", (expected, actual, same) => {
    expect(matches(expected.split("\n"), actual)).toBe(same)
  })

  test("a command may have further lines", () => {
    expect(steps("$ cat <<E\n> a\n> E\na")).toEqual([{ command: "cat <<E\na\nE", output: ["a"] }])
  })
})

/** A page that exists only in this test. */
const page = (text: string): Page => ({ path: "page.md", text })

/** Type-checks in a directory of its own inside the project, where `ptyline` is this package. */
async function checkTypes(pages: Page[]): Promise<string[]> {
  mkdirSync(join(ROOT, ".cache"), { recursive: true })
  const directory = mkdtempSync(join(ROOT, ".cache/docs-"))
  try {
    return await typeProblems(pages, directory)
  } finally {
    rmSync(directory, { recursive: true })
  }
}
