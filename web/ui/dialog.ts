// Modal dialogs on the native <dialog>. Focus is trapped, Escape cancels, and the focus returns afterwards.

import { type Child, h, listen } from "./dom.ts"
import { iconButton } from "./icons.ts"

type Dialog = { element: HTMLDialogElement; close: () => void; closed: Promise<void> }

/** Reports whether a dialog is open. */
export const dialogOpen = (): boolean => document.querySelector("dialog[open]") !== null

/** Opens a dialog with a heading. It is removed from the document when closed. */
export function openDialog(title: string, testid: string, ...children: Child[]): Dialog {
  const heading = h("h2", { id: `${testid}-title` }, title)
  const close = iconButton("close", "Close", { onclick: () => element.close() })
  const element = h(
    "dialog",
    { autofocus: true, "aria-labelledby": heading.id, "data-testid": testid },
    h("header", {}, heading, close),
    ...children,
  )
  document.body.append(element)
  const before = document.activeElement
  const closed = new Promise<void>(done => listen(element, "close", () => done(leave(element, before))))
  listen(element, "click", (event: MouseEvent) => event.target === element && element.close())
  element.showModal()
  return { element, close: () => element.close(), closed }
}

function leave(element: HTMLElement, before: Element | null): void {
  element.remove()
  if (before instanceof HTMLElement) before.focus()
}

type DialogQuestion = { title: string; yes: string; testid: string; danger?: boolean }

/** Asks a yes-or-no question. Escape, the close button and a click outside mean no. */
export async function ask(question: DialogQuestion, ...children: Child[]): Promise<boolean> {
  let answer = false
  const yes = h(
    "button",
    { class: question.danger ? "danger" : "primary", "data-testid": "yes" },
    question.yes,
  )
  const no = h("button", { "data-testid": "no" }, "Cancel")
  const dialog = openDialog(question.title, question.testid, ...children, h("footer", {}, no, yes))
  listen(no, "click", dialog.close)
  listen(yes, "click", () => {
    answer = true
    dialog.close()
  })
  yes.focus()
  await dialog.closed
  return answer
}

/** Asks for one line of text. Returns null if cancelled. */
export async function askText(
  question: DialogQuestion & { label: string; value: string },
): Promise<string | null> {
  let answer: string | null = null
  const input = h("input", { name: "text", value: question.value, autocomplete: "off", maxlength: 200 })
  const form = h(
    "form",
    { method: "dialog" },
    h("label", {}, h("span", {}, question.label), input),
    h("footer", {}, h("button", { class: "primary" }, question.yes)),
  )
  listen(form, "submit", () => {
    answer = input.value
  })
  const dialog = openDialog(question.title, question.testid, form)
  input.select()
  await dialog.closed
  return answer
}
