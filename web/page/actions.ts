// Actions on the open session, with their dialogs.

import type { SessionInfo } from "../../src/ops/shapes.ts"
import { ApiError, api } from "../api/api.ts"
import { hasEnded, type SessionList } from "../api/sessions.ts"
import { myName } from "../connection/client-name.ts"
import { ask, askText } from "../ui/dialog.ts"
import { h } from "../ui/dom.ts"
import { changeSettings, settings } from "../ui/settings.ts"
import { go } from "./address.ts"
import { labelText } from "./session-text.ts"

/** Asks for a name and renames the session. An empty name removes the name. */
export async function renameSession(info: SessionInfo, sessions: SessionList): Promise<void> {
  const question = { title: "Rename the session", yes: "Rename", testid: "rename-dialog" }
  const name = await askText({ ...question, label: "Name", value: info.name ?? "" })
  if (name !== null) sessions.put(await api.rename(info.id, name.trim() || null))
}

/** Asks for a client and hands the lease over to it. `to` is the suggested client. */
export async function handOver(info: SessionInfo, to = ""): Promise<void> {
  const question = { title: "Hand over control", yes: "Hand over", testid: "hand-over-dialog" }
  const answer = await askText({ ...question, label: "To client", value: to })
  if (answer?.trim()) await api.handOver(info.id, myName(), answer.trim())
}

/** Asks for this browser's client name. Reloads the page to use it. */
export async function changeClientName(): Promise<void> {
  const question = { title: "Your client name", yes: "Save", testid: "name-dialog" }
  const name = await askText({
    ...question,
    label: "Others see it while you have control",
    value: settings().name,
  })
  if (name === null) return
  changeSettings({ name })
  location.reload()
}

/** Ends a running session after asking. Removes an ended one without asking. */
export async function endSession(info: SessionInfo, sessions: SessionList, over: boolean): Promise<void> {
  if (over || hasEnded(info)) return removeSession(info, sessions)
  const title = `End “${labelText(info)}”?`
  const owner = info.lease && info.lease.client !== myName() ? `${info.lease.client} has control. ` : ""
  const what = "The program is asked to exit, and killed after one second."
  const question = { title, yes: "End session", testid: "end-dialog", danger: true }
  if (await ask(question, h("p", {}, owner, what, " The session ends for all viewers.")))
    await api.end(info.id)
}

async function removeSession(info: SessionInfo, sessions: SessionList): Promise<void> {
  await api.end(info.id).catch(unlessGone)
  sessions.drop(info.id)
  go(null)
}

function unlessGone(error: unknown): void {
  if (!(error instanceof ApiError && error.status === 404)) throw error
}
