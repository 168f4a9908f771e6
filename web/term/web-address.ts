// Links in terminal output: only http and https, and only after the person confirms them. A program can print
// any text for any link, so the confirmation must show the whole address.

import { WebLinksAddon } from "@xterm/addon-web-links"
import type { TerminalBehaviour } from "./behaviour.ts"

/** Returns the parsed address if it is http or https, else null. */
export function webAddress(address: string): URL | null {
  const url = URL.canParse(address) ? new URL(address) : null
  return url && (url.protocol === "http:" || url.protocol === "https:") ? url : null
}

/** Returns handlers of marked links (OSC 8) and of links in plain text. Both call `confirm`. */
export const linkHandlers = (
  confirm: (address: string) => void,
): Pick<TerminalBehaviour, "markedLinks" | "plainLinks"> => ({
  markedLinks: { activate: (_event, url) => confirm(url), allowNonHttpProtocols: false },
  plainLinks: () => new WebLinksAddon((_event, url) => confirm(url)),
})
