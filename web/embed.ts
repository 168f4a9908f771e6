// The page /embed: shows <ptyline-terminal> with a session of this server, and the HTML to embed it.

import { ApiError, api } from "./api/api.ts"
import { loadComponent } from "./examples/component.ts"
import { h, setProp, setText } from "./ui/dom.ts"
import { followTheme } from "./ui/settings.ts"

const form = document.querySelector<HTMLFormElement>("#choice")!
const select = form.querySelector("select")!
const view = form.querySelector<HTMLInputElement>("input[name=view]")!
const live = document.querySelector("ptyline-terminal")!

/** Returns the HTML to paste into another page. */
function snippet(session: string): string {
  const mode = view.checked ? ' mode="view"' : ""
  return `<script type="module" src="${location.origin}/ptyline-terminal.js"></script>
<ptyline-terminal src="${location.origin}" session="${attribute(session)}"${mode}></ptyline-terminal>`
}

const attribute = (text: string): string => text.replaceAll("&", "&amp;").replaceAll('"', "&quot;")

function show(): void {
  setText(document.querySelector("#snippet")!, snippet(select.value || "…"))
  setProp(live, "mode", view.checked && "view")
  setProp(live, "session", select.value || false)
}

async function start(): Promise<void> {
  try {
    const sessions = await api.list()
    const names = sessions.map(({ id, name, state }) =>
      h("option", { value: id }, `${name ?? id} (${state})`),
    )
    select.replaceChildren(...names)
    if (names.length === 0) select.append(h("option", { value: "" }, "no sessions yet"))
  } catch (error) {
    const why =
      error instanceof ApiError && error.status === 401 ? "sign in on the start page first" : String(error)
    select.replaceChildren(h("option", { value: "" }, why))
  }
  show()
}

form.addEventListener("change", show)
followTheme()
void loadComponent()
await start()
