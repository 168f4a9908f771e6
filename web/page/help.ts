// The keyboard shortcuts, said once: the page obeys this table and the help dialog shows it.

import { PLAYER_KEYS } from "../player/shortcuts.ts"
import { openDialog } from "../ui/dialog.ts"
import { h } from "../ui/dom.ts"

export type ShortcutAction = "find" | "copy" | "paste" | "sessions" | "start" | "bigger" | "smaller" | "help"

type Shortcut = { code: string; shown: string; command: ShortcutAction; what: string }

/** All with Ctrl+Shift: shells do not tell those from Ctrl alone, so no program misses them. `code` is the physical key. */
export const SHORTCUTS: Shortcut[] = [
  {
    code: "KeyK",
    shown: "K",
    command: "sessions",
    what: "Leave the terminal for the list of sessions; Escape goes back",
  },
  { code: "Enter", shown: "Enter", command: "start", what: "Start a session" },
  { code: "KeyF", shown: "F", command: "find", what: "Find in the terminal" },
  { code: "KeyC", shown: "C", command: "copy", what: "Copy the selection" },
  { code: "KeyV", shown: "V", command: "paste", what: "Paste" },
  { code: "Period", shown: ">", command: "bigger", what: "Larger text" },
  { code: "Comma", shown: "<", command: "smaller", what: "Smaller text" },
  { code: "Slash", shown: "?", command: "help", what: "This help" },
]

/** The command that a key press asks for, if it is one of the page's own. */
export function commandFor(event: KeyboardEvent): ShortcutAction | null {
  const modified = (event.ctrlKey || event.metaKey) && event.shiftKey && !event.altKey
  return (modified && SHORTCUTS.find(({ code }) => code === event.code)?.command) || null
}

/** Opens the help dialog. */
export function showHelp(version: string): void {
  openDialog(
    "Keyboard",
    "help-dialog",
    h("p", {}, "Every other key goes to the program in the terminal."),
    h("dl", { class: "keys" }, ...SHORTCUTS.flatMap(entry)),
    h("h3", {}, "In a recording"),
    h("dl", { class: "keys" }, ...PLAYER_KEYS.flatMap(([keys, what]) => entryOf(keys, what))),
    h(
      "p",
      { class: "hint" },
      "Hold Shift (Option on a Mac) to select text while a program follows the mouse.",
    ),
    h("p", { class: "hint" }, h("a", { href: "/embed" }, "Show a terminal in your own page")),
    h("p", { class: "hint" }, version ? `ptyline ${version}` : "ptyline"),
  )
}

const entry = ({ shown, what }: Shortcut): HTMLElement[] => entryOf(["Ctrl", "Shift", shown], what)

const entryOf = (keys: string[], what: string): HTMLElement[] => [
  h("dt", {}, ...keys.map(key => h("kbd", {}, key))),
  h("dd", {}, what),
]
