// The form that starts a session, for the dialog and the welcome card.

import type { Size } from "../../src/core/session/backend.ts"
import type { OperationInput } from "../../src/ops/local.ts"
import type { SessionInfo } from "../../src/ops/shapes.ts"
import { api, type ServerInfo } from "../api/api.ts"
import { h, listen } from "../ui/dom.ts"

export type StartOptions = {
  server: ServerInfo | null
  /** The size a terminal would have in this window. */
  fits: () => Size
  started: (info: SessionInfo) => void
}

/** Creates the form. Errors, such as an unknown command, are shown in it. */
export function startForm({ server, fits, started }: StartOptions): HTMLFormElement {
  const error = h("p", { class: "error", role: "alert", "data-testid": "start-error", hidden: true })
  const submit = h("button", { class: "primary", "data-testid": "start" }, "Start session")
  const form = h(
    "form",
    { class: "start-form", "data-testid": "start-form", autocomplete: "off" },
    field("Command", "command", server?.cmd.join(" ") || "your login shell", "mono"),
    field("Directory", "cwd", server?.cwd || "the server's directory", "mono"),
    field("Name", "name", "optional"),
    moreFields(server?.backends ?? []),
    error,
    h("footer", {}, submit),
  )
  listen(form, "submit", (event: SubmitEvent) => {
    event.preventDefault()
    submit.disabled = true
    error.hidden = true
    api
      .create(inputOf(new FormData(form), fits()))
      .then(started)
      .catch((failure: Error) => {
        error.textContent = failure.message
        error.hidden = false
      })
      .finally(() => {
        submit.disabled = false
      })
  })
  return form
}

function field(label: string, name: string, placeholder: string, className = ""): HTMLElement {
  const input = h("input", {
    name,
    placeholder,
    class: className,
    autocapitalize: "off",
    spellcheck: "false",
  })
  return h("label", {}, h("span", {}, label), input)
}

function moreFields(backends: ServerInfo["backends"]): HTMLElement {
  return h(
    "details",
    {},
    h("summary", {}, "Backend and size"),
    h("label", {}, h("span", {}, "Backend"), backendSelect(backends)),
    h(
      "fieldset",
      {},
      h("legend", {}, "Size"),
      numberField("Columns", "cols"),
      h("span", { "aria-hidden": "true" }, "×"),
      numberField("Rows", "rows"),
      h("span", { class: "hint" }, "empty: fits this window"),
    ),
  )
}

function backendSelect(backends: ServerInfo["backends"]): HTMLSelectElement {
  const usual = backends.find(backend => backend.default)
  const auto = h("option", { value: "auto" }, usual ? `auto (${usual.kind})` : "auto")
  const rest = backends.map(({ kind, available }) =>
    h("option", { value: kind, disabled: !available }, available ? kind : `${kind} (not available here)`),
  )
  return h("select", { name: "backend" }, auto, ...rest)
}

const numberField = (label: string, name: string): HTMLInputElement =>
  h("input", {
    name,
    type: "number",
    min: 1,
    max: 1_000,
    placeholder: label.toLowerCase(),
    "aria-label": label,
  })

function inputOf(data: FormData, fits: Size): OperationInput<"create"> {
  const text = (name: string) => String(data.get(name) ?? "").trim() || undefined
  return {
    command: text("command"),
    cwd: text("cwd"),
    name: text("name"),
    backend: text("backend"),
    cols: Number(text("cols") ?? fits.cols),
    rows: Number(text("rows") ?? fits.rows),
  }
}
