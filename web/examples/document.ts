// Example: a Markdown document whose ```term blocks are live terminals, with the component and mrmd's API.

import { Marked } from "marked"
import { h } from "../ui/dom.ts"
import { followTheme } from "../ui/settings.ts"
import { loadComponent } from "./component.ts"
import source from "./document.md" with { type: "text" }
import { closeFile, unavailableReason } from "./terminals.ts"

/** The file that the terminals belong to. Closing it ends them. */
const FILE = "/examples/document.md"

type Block = { name: string; lines: string }

/** Shows the document in `container`. */
async function show(container: HTMLElement): Promise<void> {
  const reason = await unavailableReason()
  if (reason) return container.replaceChildren(h("p", { role: "alert" }, reason))
  const blocks: Block[] = []
  // The document is our own file. A foreign document must be sanitised first.
  container.innerHTML = rendered(source, blocks)
  for (const figure of container.querySelectorAll<HTMLElement>("figure[data-term]")) fill(figure, blocks)
  const closeButton = h(
    "button",
    { "data-testid": "close", onclick: () => void close(container) },
    "Close the document",
  )
  container.append(h("footer", {}, closeButton))
}

/** Renders Markdown as HTML. Replaces each term block by a numbered figure and adds it to `blocks`. */
function rendered(markdown: string, blocks: Block[]): string {
  const marked = new Marked({
    renderer: {
      code({ text, lang }) {
        const match = /^term(?:\s+name=(\S+))?/.exec(lang ?? "")
        if (!match) return false
        const number = blocks.push({ name: match[1] ?? `block ${blocks.length + 1}`, lines: text })
        return `<figure data-term="${number - 1}"></figure>`
      },
    },
  })
  return marked.parse(markdown, { async: false })
}

function fill(figure: HTMLElement, blocks: Block[]): void {
  const number = Number(figure.dataset.term)
  const { name, lines } = blocks[number]!
  const terminal = h("ptyline-terminal", {
    src: "/",
    api: "mrmd",
    session: `term:${FILE}:${number}`,
    name,
    file: FILE,
    "data-testid": `block-${number}`,
  })
  const run = h("button", { onclick: () => void terminal.send(`${lines}\n`) }, "Run")
  figure.append(h("figcaption", {}, h("span", {}, name), h("code", {}, lines), run), terminal)
}

async function close(container: HTMLElement): Promise<void> {
  const ids = await closeFile(FILE)
  const text = `The document is closed; ${ids.length} terminal${ids.length === 1 ? "" : "s"} ended.`
  const again = h("button", { onclick: () => void show(container) }, "Open it again")
  container.replaceChildren(h("p", { role: "status", "data-testid": "closed" }, text), again)
}

followTheme()
void loadComponent()
await show(document.getElementById("document") ?? document.body)
