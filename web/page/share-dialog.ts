// The dialog that creates and revokes share links.

import type { SessionInfo } from "../../src/ops/shapes.ts"
import { api, type ShareInfo } from "../api/api.ts"
import { openDialog } from "../ui/dialog.ts"
import { h } from "../ui/dom.ts"
import { toast, toastError } from "../ui/toast.ts"

const DAY_MS = 86_400_000
const LIFETIMES: [text: string, ms: number][] = [
  ["one hour", DAY_MS / 24],
  ["one day", DAY_MS],
  ["one week", 7 * DAY_MS],
]

export function openShare(info: SessionInfo): Promise<void> {
  const list = h("ul", { class: "shares", "data-testid": "shares" })
  const lifetime = h(
    "select",
    { "aria-label": "Valid for" },
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
  const create = (mode: "view" | "control") => () =>
    void api
      .share(info.id, mode, Number(lifetime.value))
      .then(({ url }) => show(link, url))
      .then(() => draw(info.id, list))
      .catch(toastError)
  const button = (text: string, mode: "view" | "control") =>
    h("button", { "data-testid": `share-${mode}`, onclick: create(mode) }, text)
  const { closed } = openDialog(
    "Share this session",
    "share-dialog",
    h(
      "p",
      {},
      "Anyone with the link can see this session, including its earlier output, and no other session.",
    ),
    h("label", {}, h("span", {}, "Valid for"), lifetime),
    h("footer", {}, button("Link to control", "control"), button("Link to view", "view")),
    link,
    list,
  )
  void draw(info.id, list).catch(toastError)
  return closed
}

/** Shows a new link once and copies it. */
function show(link: HTMLInputElement, url: string): void {
  link.value = url
  link.hidden = false
  link.select()
  void navigator.clipboard?.writeText(url).then(
    () => toast("Link copied.", { lastsMs: 3_000 }),
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
  const text = `${share.mode}${until}`
  return h(
    "li",
    {},
    h("span", {}, share.name ? `${share.name}: ${text}` : text),
    h("button", { class: "small", onclick: revoke }, "Revoke"),
  )
}
