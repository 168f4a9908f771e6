// Sessions as MCP resources: lists, reads and change notifications.

import { afterAll, expect, test } from "bun:test"
import { eventually } from "../helpers.ts"
import { Agent } from "./agent.ts"

const agent = await Agent.start()
afterAll(() => agent[Symbol.asyncDispose]())

const read = async (uri: string): Promise<string> => {
  const { contents } = await agent.client.readResource({ uri })
  return (contents as { text: string }[])[0]!.text
}

test("the list, a status and a transcript of own sessions", async () => {
  const session_id = await agent.spawn("printf 'héllo'; sleep 60", { name: "named" })
  await agent.json("pty_read_until", { session_id, pattern: "llo" })
  const { resources } = await agent.client.listResources()
  expect(resources.map(resource => resource.uri)).toContain(`pty://sessions/${session_id}/transcript`)
  const { resourceTemplates } = await agent.client.listResourceTemplates()
  expect(resourceTemplates).toHaveLength(2)
  expect(JSON.parse(await read("pty://sessions"))[0]).toMatchObject({ session_id, name: "named" })
  expect(JSON.parse(await read(`pty://sessions/${session_id}`))).toMatchObject({ session_id, running: true })
  expect(await read(`pty://sessions/${session_id}/transcript`)).toBe("héllo")
  const missing = await agent.client.readResource({ uri: "pty://sessions/none" }).catch(error => error)
  expect(missing).toMatchObject({ code: -32602, data: { uri: "pty://sessions/none" } })
})

test("subscribers are notified of output, all clients of a new session", async () => {
  const updated: string[] = []
  let lists = 0
  agent.client.setNotificationHandler(
    "notifications/resources/updated",
    ({ params }) => void updated.push(params.uri),
  )
  agent.client.setNotificationHandler("notifications/resources/list_changed", () => void lists++)
  const [subscribed, other] = await Promise.all([agent.spawn("cat"), agent.spawn("cat")])
  await eventually(() => lists > 0, "the list notification")
  const uri = `pty://sessions/${subscribed}/transcript`
  await agent.client.subscribeResource({ uri })
  for (const session_id of [other, subscribed]) await agent.text("pty_write", { session_id, data: "x\n" })
  await eventually(() => updated.length > 0, "the update notification")
  expect(new Set(updated)).toEqual(new Set([uri]))
  expect(await read(uri)).toBe("x\n")
  await agent.client.unsubscribeResource({ uri })
})
