// What differs between the page's terminals and those in other people's pages: looks, links, the clipboard.

import type { ILinkHandler, ITerminalAddon, ITerminalOptions, Terminal } from "@xterm/xterm"

export interface TerminalBehaviour {
  /** Looks as they are now. */
  appearance(): ITerminalOptions
  /** Calls back when the looks have changed, until the returned function is called. */
  onAppearance(changed: () => void): () => void
  /** Links that a program marked itself (OSC 8). */
  readonly markedLinks: ILinkHandler
  /** Finds links in plain text. */
  plainLinks(): ITerminalAddon
  /** What becomes of a program's wish to set the clipboard; `live` tells replayed output apart. */
  programClipboard(terminal: Terminal, live: () => boolean): void
  /** Takes pastes until the returned function is called. */
  catchPaste(element: HTMLElement, terminal: Terminal): () => void
}
