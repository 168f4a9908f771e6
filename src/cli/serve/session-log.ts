// Logs the start and end of sessions, and approvals.

import type { Logger } from "@logtape/logtape"
import type { Sessions } from "../../core/registry/sessions.ts"

/** Runs until the sessions are closed. */
export async function logSessions(sessions: Sessions, log: Logger): Promise<void> {
  for await (const { event } of sessions.events.follow(sessions.events.next)) {
    if (event.type === "session.created") {
      const { id, name, backend, spec, warnings, life } = event.session
      log.info("session started", { id, name, backend, pid: life.pid, program: spec.argv[0] })
      for (const warning of warnings) log.warn("{warning}", { id, warning })
    }
    if (event.type === "approval.changed") {
      const { id, command, by, state, decidedBy } = event.approval
      log.info("approval", { id, command, by, state, decidedBy })
    }
    if (event.type === "session.exited") {
      const { id, life, log: output } = event.session
      log.info("session ended", { id, code: life.exit?.code, signal: life.exit?.signal, bytes: output.end })
    }
  }
}
