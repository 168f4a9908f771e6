// The dialog that shares a session by links, and takes them back.

import type { SessionInfo } from "../../src/ops/shapes.ts"
import { api, type ShareInfo } from "../api/api.ts"
import { openDialog } from "../ui/dialog.ts"
import { h } from "../ui/dom.ts"
import { toast, toastError } from "../ui/toast.ts"

const DAY_MS = 86_400_000
const LIFETIMES: [text: string, ms: number][] = [
  ["an hour", DAY_MS / 24],
  ["a day", DAY_MS],
  ["a week", 7 * DAY_MS],
]

export function openShare(info: SessionInfo): Promise<void> {
  const list = h("ul", { class: "shares", "data-testid": "shares" })
  const lifetime = h(
    "select",
    { "aria-label": "Good for" },
    ...LIFETIMES.map(([text, ms]) => h("option", { value: ms }, text)),
  )
  lifetime.selectedIndex = 1
  const link = h("input", {
    readonly: true,
    class: "mono",
    "aria-label": "Link",
    "data-testid": "share-link",
    hidden: true,
  })
  const give = (mode: "view" | "control") => () =>
    void api
      .share(info.id, mode, Number(lifetime.value))
      .then(({ url }) => show(link, url))
      .then(() => draw(info.id, list))
      .catch(toastError)
  const button = (text: string, mode: "view" | "control") =>
    h("button", { "data-testid": `share-${mode}`, onclick: give(mode) }, text)
  const { closed } = openDialog(
    "Share this session",
    "share-dialog",
    h("p", {}, "Whoever has the link sees this session, also what it printed before, and no other."),
    h("label", {}, h("span", {}, "Good for"), lifetime),
    h("footer", {}, button("Link to type", "control"), button("Link to look", "view")),
    link,
    list,
  )
  void draw(info.id, list).catch(toastError)
  return closed
}

/** The secret is shown once, ready to be pasted elsewhere. */
function show(link: HTMLInputElement, url: string): void {
  link.value = url
  link.hidden = false
  link.select()
  void navigator.clipboard?.writeText(url).then(
    () => toast("The link is copied.", { lastsMs: 3_000 }),
    () => {},
  )
}

async function draw(id: string, list: HTMLElement): Promise<void> {
  const { shares } = await api.shares(id)
  list.replaceChildren(...shares.map(share => row(id, share, list)))
}

function row(id: string, share: ShareInfo, list: HTMLElement): HTMLElement {
  const revoke = () =>
    void api
      .unshare(id, share.id)
      .then(() => draw(id, list))
      .catch(toastError)
  const until = share.expires_at ? ` until ${new Date(share.expires_at).toLocaleString()}` : ""
  const what = `${share.mode === "view" ? "to look" : "to type"}${until}`
  return h(
    "li",
    {},
    h("span", {}, share.name ? `${share.name}: ${what}` : what),
    h("button", { class: "small", onclick: revoke }, "Revoke"),
  )
}
