// What a person does to a session from its toolbar, with the questions that are asked first.

import { ApiError, api, type SessionInfo } from "../api/api.ts"
import { hasEnded, type Sessions } from "../api/sessions.ts"
import { ask, askText } from "../ui/dialog.ts"
import { h } from "../ui/dom.ts"
import { go } from "./route.ts"
import { labelOf } from "./words.ts"

/** Asks for a name and gives it to the session; an empty one takes the name away. */
export async function renameSession(info: SessionInfo, sessions: Sessions): Promise<void> {
  const question = { title: "Rename the session", yes: "Rename", testid: "rename-dialog" }
  const name = await askText({ ...question, label: "Name", value: info.name ?? "" })
  if (name !== null) sessions.put(await api.rename(info.id, name.trim() || null))
}

/** Ends a running session after asking; takes one that is over off the list, without asking. */
export async function endSession(info: SessionInfo, sessions: Sessions, over: boolean): Promise<void> {
  if (over || hasEnded(info)) return removeSession(info, sessions)
  const title = `End “${labelOf(info)}”?`
  const what = "The program is told to hang up and, if it does not, is killed after a second."
  const question = { title, yes: "End session", testid: "end-dialog", danger: true }
  if (await ask(question, h("p", {}, what, " Others on this line lose it too."))) await api.end(info.id)
}

async function removeSession(info: SessionInfo, sessions: Sessions): Promise<void> {
  await api.end(info.id).catch(unlessGone)
  sessions.drop(info.id)
  go(null)
}

function unlessGone(error: unknown): void {
  if (!(error instanceof ApiError && error.status === 404)) throw error
}
