// What a person does to a session from its toolbar, with the questions that are asked first.

import type { SessionInfo } from "../../src/ops/shapes.ts"
import { ApiError, api } from "../api/api.ts"
import { hasEnded, type SessionList } from "../api/sessions.ts"
import { myName } from "../connection/client-name.ts"
import { ask, askText } from "../ui/dialog.ts"
import { h } from "../ui/dom.ts"
import { changeSettings, settings } from "../ui/settings.ts"
import { go } from "./address.ts"
import { labelText } from "./session-text.ts"

/** Asks for a name and gives it to the session; an empty one takes the name away. */
export async function renameSession(info: SessionInfo, sessions: SessionList): Promise<void> {
  const question = { title: "Rename the session", yes: "Rename", testid: "rename-dialog" }
  const name = await askText({ ...question, label: "Name", value: info.name ?? "" })
  if (name !== null) sessions.put(await api.rename(info.id, name.trim() || null))
}

/** Gives the line to another client, after asking whom; `to` is the answer that is likely. */
export async function handOver(info: SessionInfo, to = ""): Promise<void> {
  const question = { title: "Hand the line over", yes: "Hand over", testid: "hand-over-dialog" }
  const answer = await askText({ ...question, label: "To which client", value: to })
  if (answer?.trim()) await api.handOver(info.id, myName(), answer.trim())
}

/** Asks what the person wants to be called on the line. It counts from the next connection on. */
export async function changeClientName(): Promise<void> {
  const question = { title: "Your name on the line", yes: "Keep", testid: "name-dialog" }
  const name = await askText({
    ...question,
    label: "Others see it when you hold the line",
    value: settings().name,
  })
  if (name === null) return
  changeSettings({ name })
  location.reload()
}

/** Ends a running session after asking; takes one that is over off the list, without asking. */
export async function endSession(info: SessionInfo, sessions: SessionList, over: boolean): Promise<void> {
  if (over || hasEnded(info)) return removeSession(info, sessions)
  const title = `End “${labelText(info)}”?`
  const holder = info.lease && info.lease.client !== myName() ? `${info.lease.client} holds this line. ` : ""
  const what = "The program is told to hang up and, if it does not, is killed after a second."
  const question = { title, yes: "End session", testid: "end-dialog", danger: true }
  if (await ask(question, h("p", {}, holder, what, " Others on this line lose it too.")))
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
