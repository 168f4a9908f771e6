// The habits of a terminal in somebody else's page: looks from the page's CSS, the browser's own questions, nothing set behind anybody's back.

import { WebLinksAddon } from "@xterm/addon-web-links"
import type { ILinkHandler, Terminal } from "@xterm/xterm"
import type { TerminalBehaviour } from "../term/behaviour.ts"
import { webAddress } from "../term/web-address.ts"
import { appearanceOf, onAppearance } from "./appearance.ts"

/** `host` is the element whose CSS properties say how it looks. */
export const componentBehaviour = (host: HTMLElement): TerminalBehaviour => ({
  appearance: () => appearanceOf(host),
  onAppearance: changed => onAppearance(host, changed),
  markedLinks,
  plainLinks: () => new WebLinksAddon((_event, url) => confirmLink(url)),
  // a program in an embedded terminal does not get to the clipboard
  programClipboard: (terminal: Terminal) => void terminal.parser.registerOscHandler(52, () => true),
  // xterm's own paste: it brackets where the program asks for it
  catchPaste: () => () => {},
})

const markedLinks: ILinkHandler = {
  activate: (_event, url) => confirmLink(url),
  allowNonHttpProtocols: false,
}

/** A program can print any address behind any text, so the whole address is shown first. */
function confirmLink(address: string): void {
  const url = webAddress(address)
  if (url && confirm(`Open this address?\n\n${url.href}`))
    window.open(url.href, "_blank", "noopener,noreferrer")
}
