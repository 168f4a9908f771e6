// Dangerous commands that wait for a person: one dialog at a time that shows the command, who asks and why.

import type { ApprovalInfo } from "../../src/ops/access/approvals.ts"
import { ApiError, api } from "../api/api.ts"
import { openDialog } from "../ui/dialog.ts"
import { h, setProp } from "../ui/dom.ts"
import { toast, toastError } from "../ui/toast.ts"

/** What could turn a text around or hide in it, made visible: what is read must be what is run. */
const visible = (text: string): string =>
  text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, char => `\\u{${char.codePointAt(0)!.toString(16)}}`)

export class ApprovalDialogs {
  #open = new Map<string, ApprovalInfo>()
  #shown: { id: string; close: () => void } | null = null

  /** Learns of those that wait already. Who may not see them is not asked. */
  async load(): Promise<void> {
    const { approvals } = await api.approvals().catch(nothingToSee)
    for (const approval of approvals) this.changed(approval)
  }

  /** One was asked for, decided, used or expired. */
  changed(approval: ApprovalInfo): void {
    if (approval.state === "open") this.#open.set(approval.id, approval)
    else this.#open.delete(approval.id)
    if (this.#shown?.id === approval.id && approval.state !== "open") this.#shown.close()
    this.#next()
  }

  #next(): void {
    const [approval] = this.#open.values()
    if (this.#shown || !approval) return
    const button = (text: string, testid: string, className: string, deny: boolean) =>
      h(
        "button",
        { class: className, "data-testid": testid, onclick: () => this.#decide(approval, deny) },
        text,
      )
    const dialog = openDialog(
      "Run this command?",
      "approval-dialog",
      h("pre", { class: "command", "data-testid": "approval-command" }, visible(approval.command)),
      facts(approval),
      h(
        "footer",
        {},
        button("Don't run", "deny", "primary", true),
        button("Run it once", "approve", "danger", false),
      ),
    )
    this.#shown = { id: approval.id, close: dialog.close }
    // a key that was meant for the terminal must not press a button here
    setProp(dialog.element, "tabindex", -1)
    dialog.element.focus()
    void dialog.closed.then(() => this.#dialogClosed(approval))
  }

  /** Put away without an answer: it waits on. */
  #dialogClosed(approval: ApprovalInfo): void {
    this.#shown = null
    if (this.#open.delete(approval.id)) this.#offerAgain(approval)
    this.#next()
  }

  #offerAgain(approval: ApprovalInfo): void {
    const again = () => this.changed(approval)
    toast("The command still waits for an answer.", { actions: [{ label: "Look again", run: again }] })
  }

  #decide({ id }: ApprovalInfo, deny: boolean): void {
    this.#open.delete(id)
    api
      .approve(id, deny)
      .then(
        () => toast(deny ? "Not run." : "It may be run once, within 5 minutes.", { lastsMs: 4_000 }),
        toastError,
      )
    this.#shown?.close()
  }
}

function facts({ by, owner, cwd, variables, reason, matches }: ApprovalInfo): HTMLElement {
  const rows: [string, string | null][] = [
    ["Asked by", owner ? `${by}, for ${owner}` : by],
    ["Why", reason ?? "no reason given"],
    ["In", cwd],
    ["With variables", variables.join(", ") || null],
    ["Because it matches", matches.join("  ")],
  ]
  const given = rows.filter((row): row is [string, string] => row[1] !== null)
  return h(
    "dl",
    { class: "facts" },
    ...given.flatMap(([name, text]) => [h("dt", {}, name), h("dd", {}, visible(text))]),
  )
}

function nothingToSee(error: unknown): { approvals: ApprovalInfo[] } {
  if (error instanceof ApiError) return { approvals: [] }
  throw error
}
