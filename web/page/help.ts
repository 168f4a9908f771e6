// Keyboard shortcuts of the page, and the help dialog that lists them.

import { PLAYER_KEYS } from "../player/shortcuts.ts"
import { openDialog } from "../ui/dialog.ts"
import { h } from "../ui/dom.ts"

export type ShortcutAction = "find" | "copy" | "paste" | "sessions" | "start" | "bigger" | "smaller" | "help"

type Shortcut = { code: string; shown: string; command: ShortcutAction; what: string }

/** All need Ctrl+Shift, which programs cannot distinguish from Ctrl. `code` is the physical key. */
const SHORTCUTS: Shortcut[] = [
  {
    code: "KeyK",
    shown: "K",
    command: "sessions",
    what: "Go to the list of sessions; Escape returns",
  },
  { code: "Enter", shown: "Enter", command: "start", what: "New session" },
  { code: "KeyF", shown: "F", command: "find", what: "Find in the terminal" },
  { code: "KeyC", shown: "C", command: "copy", what: "Copy the selection" },
  { code: "KeyV", shown: "V", command: "paste", what: "Paste" },
  { code: "Period", shown: ">", command: "bigger", what: "Larger text" },
  { code: "Comma", shown: "<", command: "smaller", what: "Smaller text" },
  { code: "Slash", shown: "?", command: "help", what: "Show this help" },
]

/** Returns the page's command for a key press, or null. */
export function commandFor(event: KeyboardEvent): ShortcutAction | null {
  const modified = (event.ctrlKey || event.metaKey) && event.shiftKey && !event.altKey
  return (modified && SHORTCUTS.find(({ code }) => code === event.code)?.command) || null
}

/** Opens the help dialog. */
export function showHelp(version: string): void {
  openDialog(
    "Keyboard",
    "help-dialog",
    h("p", {}, "All other keys go to the program in the terminal."),
    h("dl", { class: "keys" }, ...SHORTCUTS.flatMap(entry)),
    h("h3", {}, "In a recording"),
    h("dl", { class: "keys" }, ...PLAYER_KEYS.flatMap(([keys, what]) => entryOf(keys, what))),
    h("p", { class: "hint" }, "Hold Shift (Option on a Mac) to select text while a program uses the mouse."),
    h("p", { class: "hint" }, h("a", { href: "/embed" }, "Embed a terminal in your own page")),
    h("p", { class: "hint" }, version ? `ptyline ${version}` : "ptyline"),
  )
}

const entry = ({ shown, what }: Shortcut): HTMLElement[] => entryOf(["Ctrl", "Shift", shown], what)

const entryOf = (keys: string[], what: string): HTMLElement[] => [
  h("dt", {}, ...keys.map(key => h("kbd", {}, key))),
  h("dd", {}, what),
]
