// Prometheus metrics at /metrics, collected at each request.

import { gapCounts } from "../../core/log/gap.ts"
import type { Sessions } from "../../core/registry/sessions.ts"
import type { Session } from "../../core/session/session.ts"
import { parsed } from "../../screen/screen-state.ts"

/** Totals over all sessions. */
const SUMS: [name: string, help: string, of: (session: Session) => number][] = [
  ["sessions_kept", "Sessions that can be read, including ended ones", () => 1],
  ["viewers", "Viewers attached to sessions", ({ viewers }) => viewers.count],
  ["output_bytes", "Output bytes of all readable sessions since they started", ({ log }) => log.end],
  ["log_bytes", "Output bytes that can still be read", ({ log }) => log.end - log.base],
]

/** Returns metrics in the text exposition format, version 0.0.4. Loads the library at the first call. */
export function metricsOf(sessions: Sessions): () => Promise<string> {
  let registry: Promise<{ metrics(): Promise<string> }> | null = null
  return async () => {
    registry ??= buildRegistry(sessions)
    return (await registry).metrics()
  }
}

async function buildRegistry(sessions: Sessions): Promise<{ metrics(): Promise<string> }> {
  const { Counter, Gauge, Registry } = await import("prom-client")
  const registry = new Registry()
  const gauge = (name: string, help: string, value: () => number) =>
    new Gauge({
      name: `ptyline_${name}`,
      help,
      registers: [registry],
      collect() {
        this.set(value())
      },
    })
  gauge("sessions_running", "Running sessions", () => sessions.running)
  for (const [name, help, of] of SUMS)
    gauge(name, help, () => sessions.list().reduce((total, session) => total + of(session), 0))
  new Counter({
    name: "ptyline_gaps_total",
    help: "Gaps that readers met in output, by reason",
    labelNames: ["reason"],
    registers: [registry],
    collect() {
      this.reset()
      for (const [reason, count] of Object.entries(gapCounts)) this.inc({ reason }, count)
    },
  })
  gauge("screen_parsed_bytes", "Bytes parsed into screens since the server started", () => parsed.bytes)
  gauge("resident_memory_bytes", "Resident memory of the server process", () => process.memoryUsage().rss)
  gauge("uptime_seconds", "Seconds since the server process started", () => process.uptime())
  return registry
}
