// Toasts: short notices in the corner, announced to screen readers. They never take the focus.

import { h, listen } from "./dom.ts"
import { iconButton } from "./icons.ts"

type ToastAction = { label: string; run: () => void }
type ToastOptions = { tone?: "plain" | "bad"; actions?: ToastAction[]; lastsMs?: number }

const LASTS_MS = 6_000
const MOST = 4

const tray = h("div", { class: "toasts", role: "status", "aria-live": "polite", "data-testid": "toasts" })

/** Returns the element that contains the toasts. The page appends it once. */
export const toastTray = (): HTMLElement => tray

/** Shows a toast. Returns the function that removes it. Toasts with actions stay three times as long. */
export function toast(text: string, options: ToastOptions = {}): () => void {
  const actions = options.actions ?? []
  const element = h(
    "div",
    { class: `toast ${options.tone ?? "plain"}`, "data-testid": "toast" },
    h("p", {}, text),
    ...actions.map(action => actionButton(action, () => dismiss())),
    iconButton("close", "Dismiss", { class: "ghost small", onclick: () => dismiss() }),
  )
  const dismiss = () => element.remove()
  tray.append(element)
  while (tray.children.length > MOST) tray.firstElementChild?.remove()
  expire(element, options.lastsMs ?? LASTS_MS * (actions.length ? 3 : 1))
  return dismiss
}

/** Shows an error as a toast. */
export function toastError(error: unknown): void {
  toast(error instanceof Error ? error.message : String(error), { tone: "bad" })
}

function actionButton(action: ToastAction, dismiss: () => void): HTMLButtonElement {
  const run = () => {
    dismiss()
    action.run()
  }
  return h("button", { class: "small", onclick: run }, action.label)
}

/** Removes the toast after `ms`. The time stops while the pointer or the focus is on it. */
function expire(element: HTMLElement, ms: number): void {
  let timer = setTimeout(() => element.remove(), ms)
  const hold = () => clearTimeout(timer)
  const release = () => {
    clearTimeout(timer)
    timer = setTimeout(() => element.remove(), ms)
  }
  for (const type of ["pointerenter", "focusin"]) listen(element, type, hold)
  for (const type of ["pointerleave", "focusout"]) listen(element, type, release)
}
