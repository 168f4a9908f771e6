// Behaviour of a terminal in another site's page: appearance from CSS, native dialogs, no clipboard access.

import type { Terminal } from "@xterm/xterm"
import type { TerminalBehaviour } from "../term/behaviour.ts"
import { linkHandlers, webAddress } from "../term/web-address.ts"
import { appearanceOf, onAppearance } from "./appearance.ts"

/** `host` is the element whose CSS properties set the appearance. */
export const componentBehaviour = (host: HTMLElement): TerminalBehaviour => ({
  appearance: () => appearanceOf(host),
  onAppearance: changed => onAppearance(host, changed),
  ...linkHandlers(confirmLink),
  // A program in an embedded terminal may not set the clipboard.
  programClipboard: (terminal: Terminal) => void terminal.parser.registerOscHandler(52, () => true),
  // xterm's own paste brackets the text if the program asks for it.
  catchPaste: () => () => {},
})

/** Shows the whole address before opening it: a program can print any text for any link. */
function confirmLink(address: string): void {
  const url = webAddress(address)
  if (url && confirm(`Open this address?\n\n${url.href}`))
    window.open(url.href, "_blank", "noopener,noreferrer")
}
