// Cards in place of a terminal: welcome, missing session, sign-in.

import { api } from "../api/api.ts"
import { h, listen } from "../ui/dom.ts"
import { mark } from "../ui/icons.ts"
import { type StartOptions, startForm } from "./start-form.ts"

/** Card for no open session. Without any sessions it explains what a session is. */
export function welcome(options: StartOptions, anySessions: boolean): HTMLElement {
  const text = anySessions
    ? "Select a session from the list, or start a new one."
    : "A session is a program in a terminal. It keeps running when you close this page. Browsers, agents, scripts and the command line can share it and see the same screen."
  const title = anySessions ? "No session open" : "Start the first session"
  return card("welcome", title, h("p", {}, text), startForm(options))
}

/** Card for an address with an unknown session. */
export function missing(idOrName: string, back: () => void): HTMLElement {
  return card(
    "missing",
    "No such session",
    h("p", {}, "The server has no session called ", h("strong", {}, idOrName), ". It may have been removed."),
    h("footer", {}, h("button", { class: "primary", onclick: back }, "Back to the sessions")),
  )
}

/** Card that asks for the token. Also accepts the whole printed address. */
export function signIn(signedIn: () => void): HTMLElement {
  const error = h("p", { class: "error", role: "alert", "data-testid": "signin-error", hidden: true })
  const input = h("input", {
    name: "token",
    type: "password",
    class: "mono",
    required: true,
    autocomplete: "current-password",
    "data-testid": "token",
  })
  const form = h(
    "form",
    { "data-testid": "signin" },
    h("label", {}, h("span", {}, "Token or link"), input),
    error,
    h("footer", {}, h("button", { class: "primary" }, "Sign in")),
  )
  listen(form, "submit", (event: SubmitEvent) => {
    event.preventDefault()
    const failed = (failure: Error) => {
      error.textContent = failure.message
      error.hidden = false
      input.select()
    }
    api.login(tokenIn(input.value)).then(signedIn, failed)
  })
  const where = "ptyline serve prints a link that ends in #token=… Open that link, or paste it here."
  return card("sign-in", "Sign in", h("p", {}, where), form)
}

/** Returns the token in a printed link, or else the text itself. */
export const tokenIn = (text: string): string => /[#&]token=([^&\s]+)/.exec(text)?.[1] ?? text.trim()

export function card(name: string, title: string, ...content: Node[]): HTMLElement {
  return h(
    "section",
    { class: `card ${name}`, "data-testid": name, "aria-labelledby": "card-title" },
    mark(),
    h("h2", { id: "card-title" }, title),
    ...content,
  )
}
