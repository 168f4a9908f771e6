// Events of all sessions as server-sent events (contract native, GET /v1/events).

import type { ServerEvent } from "../../core/registry/events.ts"
import type { Sessions } from "../../core/registry/sessions.ts"
import { approvalInfo } from "../../ops/access/approvals.ts"
import { leaseChange, sessionInfo } from "../../ops/sessions/info.ts"
import type { SseEvent } from "./sse.ts"

/** Events after number `lastId`, or new ones only. `missed`: events in between are no longer available. */
export async function* eventStream(
  sessions: Sessions,
  lastId: number | undefined,
  signal: AbortSignal,
): AsyncGenerator<SseEvent> {
  const { events } = sessions
  // a number that does not exist yet is from before a restart of the server
  const known = lastId !== undefined && lastId < events.next
  if (lastId !== undefined && !known) yield { event: "missed", data: {} }
  for await (const { sequence, event } of events.follow(known ? lastId + 1 : events.next, signal)) {
    yield { event: event.type, id: sequence, data: dataOf(event) }
  }
}

function dataOf(event: ServerEvent | { type: "missed" }): unknown {
  if (event.type === "missed") return {}
  if (event.type === "session.removed") return { id: event.id }
  if (event.type === "approval.changed") return { approval: approvalInfo(event.approval) }
  const session = sessionInfo(event.session)
  return event.type === "lease.changed" ? { session, change: leaseChange(event.change) } : { session }
}
