// Approval dialogs: one at a time, with the dangerous command, who asks and why.

import type { ApprovalInfo } from "../../src/ops/access/approvals.ts"
import { ApiError, api } from "../api/api.ts"
import { openDialog } from "../ui/dialog.ts"
import { h, setProp } from "../ui/dom.ts"
import { toast, toastError } from "../ui/toast.ts"

/** Escapes control, format and separator characters, so that the text shows exactly what will run. */
const visible = (text: string): string =>
  text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, char => `\\u{${char.codePointAt(0)!.toString(16)}}`)

export class ApprovalDialogs {
  #open = new Map<string, ApprovalInfo>()
  #shown: { id: string; close: () => void } | null = null

  /** Loads pending approvals. Does nothing if this client may not see them. */
  async load(): Promise<void> {
    const { approvals } = await api.approvals().catch(noApprovals)
    for (const approval of approvals) this.changed(approval)
  }

  /** Handles a new, decided, used or expired approval. */
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
    // A key meant for the terminal must not press a button.
    setProp(dialog.element, "tabindex", -1)
    dialog.element.focus()
    void dialog.closed.then(() => this.#dialogClosed(approval))
  }

  /** Handles a dialog closed without a decision. The approval stays pending. */
  #dialogClosed(approval: ApprovalInfo): void {
    this.#shown = null
    if (this.#open.delete(approval.id)) this.#offerAgain(approval)
    this.#next()
  }

  #offerAgain(approval: ApprovalInfo): void {
    const again = () => this.changed(approval)
    toast("The command still waits for your decision.", { actions: [{ label: "Show", run: again }] })
  }

  #decide({ id }: ApprovalInfo, deny: boolean): void {
    this.#open.delete(id)
    api
      .approve(id, deny)
      .then(
        () => toast(deny ? "Denied." : "Approved for one start within 5 minutes.", { lastsMs: 4_000 }),
        toastError,
      )
    this.#shown?.close()
  }
}

function facts({ by, owner, cwd, variables, reason, matches }: ApprovalInfo): HTMLElement {
  const rows: [string, string | null][] = [
    ["Requested by", owner ? `${by}, for ${owner}` : by],
    ["Reason", reason ?? "none given"],
    ["Directory", cwd],
    ["Variables", variables.join(", ") || null],
    ["Matches", matches.join("  ")],
  ]
  const given = rows.filter((row): row is [string, string] => row[1] !== null)
  return h(
    "dl",
    { class: "facts" },
    ...given.flatMap(([name, text]) => [h("dt", {}, name), h("dd", {}, visible(text))]),
  )
}

function noApprovals(error: unknown): { approvals: ApprovalInfo[] } {
  if (error instanceof ApiError) return { approvals: [] }
  throw error
}
