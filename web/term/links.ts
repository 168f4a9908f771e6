// Links of the page's terminals, with a dialog.

import { openDialog } from "../ui/dialog.ts"
import { h } from "../ui/dom.ts"
import { toast } from "../ui/toast.ts"
import { linkHandlers, webAddress } from "./web-address.ts"

export const { markedLinks, plainLinks } = linkHandlers(confirmLink)

/** Shows the address and asks. The link opens in a tab without access to this one. */
function confirmLink(address: string): void {
  const url = webAddress(address)
  if (!url) return void toast(`Not opened: ${address.slice(0, 200)} is not a web address.`, { tone: "bad" })
  const open = h(
    "a",
    {
      class: "button primary",
      href: url.href,
      target: "_blank",
      rel: "noopener noreferrer",
      onclick: () => close(),
    },
    "Open in a new tab",
  )
  const { close } = openDialog(
    "Open this link?",
    "link-dialog",
    h("p", {}, "A program in this session printed it. It leads to ", h("strong", {}, url.host), "."),
    h("p", { class: "address", tabindex: 0 }, url.href),
    h("footer", {}, h("button", { onclick: () => close() }, "Cancel"), open),
  )
  open.focus()
}
