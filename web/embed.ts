// The page that shows how to embed a terminal: the element with a session of this server, and the HTML for it.

import { ApiError, api } from "./api/api.ts"
import { loadComponent } from "./examples/component.ts"
import { h, setProp, setText } from "./ui/dom.ts"
import { followTheme } from "./ui/settings.ts"

const form = document.querySelector<HTMLFormElement>("#choice")!
const select = form.querySelector("select")!
const view = form.querySelector<HTMLInputElement>("input[name=view]")!
const live = document.querySelector("ptyline-terminal")!

/** The HTML for another page, as text. */
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
      error instanceof ApiError && error.status === 401 ? "sign in on the first page" : String(error)
    select.replaceChildren(h("option", { value: "" }, why))
  }
  show()
}

form.addEventListener("change", show)
followTheme()
void loadComponent()
await start()
