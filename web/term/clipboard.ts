// Copy, paste, and programs that set the clipboard (OSC 52). A program can never read it.

import { ClipboardAddon } from "@xterm/addon-clipboard"
import type { IDisposable, Terminal } from "@xterm/xterm"
import { ask, openDialog } from "../ui/dialog.ts"
import { h, listen } from "../ui/dom.ts"
import { toast, toastError } from "../ui/toast.ts"

/**
 * Asks the person before a program sets the clipboard. They may allow it once, or until the terminal closes.
 * Replayed output, when `live` returns false, must not overwrite text copied since.
 */
export function programClipboard(terminal: Terminal, live: () => boolean): IDisposable {
  let always = false
  const allow = (text: string) => {
    always = true
    void copyText(text)
  }
  const write = (_selection: string, text: string) => {
    if (!text || !document.hasFocus()) return
    if (always) void copyText(text, `A program set your clipboard (${text.length} characters).`)
    else offer(text, allow)
  }
  terminal.loadAddon(new ClipboardAddon(undefined, { readText: () => "", writeText: write }))
  return terminal.parser.registerOscHandler(52, data => !live() || data.split(";")[1] === "?")
}

function offer(text: string, always: (text: string) => void): void {
  const preview = text.length > 60 ? `${text.slice(0, 60)}…` : text
  toast(`A program wants to set your clipboard (${text.length} characters): ${preview}`, {
    actions: [
      { label: "Allow", run: () => void copyText(text) },
      { label: "Always for this terminal", run: () => always(text) },
    ],
  })
}

/** Copies text and shows a toast. */
async function copyText(text: string, done = "Copied."): Promise<void> {
  try {
    await navigator.clipboard.writeText(text)
    toast(done, { lastsMs: 2_000 })
  } catch {
    toast("The browser denied access to the clipboard.", { tone: "bad" })
  }
}

/** Copies the terminal's selection. Shows a toast if there is none. */
export function copySelection(terminal: Terminal): void {
  if (terminal.hasSelection()) void copyText(terminal.getSelection())
  else toast("Nothing is selected.", { lastsMs: 2_000 })
}

/** Pastes from the clipboard. If the browser denies access, asks for the text. */
export async function pasteFromClipboard(terminal: Terminal): Promise<void> {
  const text = await readClipboard()
  if (text) await paste(terminal, text)
}

async function readClipboard(): Promise<string | null> {
  try {
    return await navigator.clipboard.readText()
  } catch {
    return askForPaste()
  }
}

/**
 * Pastes text. Removes control characters: an escape could end the paste bracket early and run the rest.
 * Asks before pasting lines into a program without bracketed paste, because each line would run.
 */
async function paste(terminal: Terminal, text: string): Promise<void> {
  const clean = text.replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x9f]/g, "")
  const lines = clean.trimEnd().split(/\r\n|\r|\n/)
  const risky = !terminal.modes.bracketedPasteMode && /[\r\n]/.test(clean)
  if (risky && !(await confirmLines(clean, lines.length))) return
  terminal.paste(clean)
  terminal.focus()
}

function confirmLines(text: string, count: number): Promise<boolean> {
  const what = count === 1 ? "a line that ends with Enter" : `${count} lines`
  return ask(
    { title: `Paste ${what}?`, yes: "Paste", testid: "paste-dialog" },
    h("p", {}, "The program cannot tell pasting from typing. Each line may run at once."),
    h("pre", { class: "address", tabindex: 0 }, text.slice(0, 2_000)),
  )
}

/** Asks for the text in a text field, where pasting needs no permission. */
async function askForPaste(): Promise<string | null> {
  let text: string | null = null
  const area = h("textarea", { rows: 5, "aria-label": "Text to paste" })
  const send = h("button", { class: "primary" }, "Send")
  const dialog = openDialog("Paste here", "paste-here", area, h("footer", {}, send))
  listen(send, "click", () => {
    text = area.value
    dialog.close()
  })
  area.focus()
  await dialog.closed
  return text
}

/** Handles the browser's paste (Ctrl+Shift+V, context menu, a phone's keyboard) before xterm does. */
export function catchPaste(element: HTMLElement, terminal: Terminal): () => void {
  const caught = (event: ClipboardEvent) => {
    event.preventDefault()
    event.stopImmediatePropagation()
    const text = event.clipboardData?.getData("text/plain")
    if (text) paste(terminal, text).catch(toastError)
  }
  return listen(element, "paste", caught, { capture: true })
}
