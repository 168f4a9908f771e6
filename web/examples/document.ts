// An example: a Markdown document whose ```term blocks are live terminals, made with the component and mrmd's API.

import { Marked } from "marked"
import { h } from "../ui/dom.ts"
import { followTheme } from "../ui/settings.ts"
import { loadComponent } from "./component.ts"
import source from "./document.md" with { type: "text" }
import { closeFile, unavailableReason } from "./terminals.ts"

/** What the terminals belong to: closing it ends them. */
const FILE = "/examples/document.md"

type Block = { name: string; lines: string }

/** Puts the document where `place` is. */
async function show(place: HTMLElement): Promise<void> {
  const wrong = await unavailableReason()
  if (wrong) return place.replaceChildren(h("p", { role: "alert" }, wrong))
  const blocks: Block[] = []
  // the document is our own file; were it not, its HTML would have to be cleaned first
  place.innerHTML = rendered(source, blocks)
  for (const figure of place.querySelectorAll<HTMLElement>("figure[data-term]")) fill(figure, blocks)
  const close = h(
    "button",
    { "data-testid": "close", onclick: () => void closed(place) },
    "Close the document",
  )
  place.append(h("footer", {}, close))
}

/** Markdown as HTML; a term block leaves a figure with its number, and itself in `blocks`. */
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

async function closed(place: HTMLElement): Promise<void> {
  const ids = await closeFile(FILE)
  const what = `The document is closed, and ${ids.length} terminal${ids.length === 1 ? "" : "s"} with it.`
  const again = h("button", { onclick: () => void show(place) }, "Open it again")
  place.replaceChildren(h("p", { role: "status", "data-testid": "closed" }, what), again)
}

followTheme()
void loadComponent()
await show(document.getElementById("document") ?? document.body)
