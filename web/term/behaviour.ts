// Behaviour that differs between terminals of the page and of the component: appearance, links, clipboard.

import type { ILinkHandler, ITerminalAddon, ITerminalOptions, Terminal } from "@xterm/xterm"

export interface TerminalBehaviour {
  /** Returns the current options. */
  appearance(): ITerminalOptions
  /** Calls back when the appearance changes. Returns the function that stops it. */
  onAppearance(changed: () => void): () => void
  /** Links that a program marked (OSC 8). */
  readonly markedLinks: ILinkHandler
  /** Finds links in plain text. */
  plainLinks(): ITerminalAddon
  /** Handles a program's request to set the clipboard. `live` returns false during replay. */
  programClipboard(terminal: Terminal, live: () => boolean): void
  /** Handles pastes. Returns the function that stops it. */
  catchPaste(element: HTMLElement, terminal: Terminal): () => void
}
