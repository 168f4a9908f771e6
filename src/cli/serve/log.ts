// The server's log on stderr: one line per event, as text or JSON.

import {
  configureSync,
  getJsonLinesFormatter,
  getLogger,
  type Logger,
  type LogRecord,
} from "@logtape/logtape"
import { printable } from "../../ops/sessions/table.ts"

type LogFormat = "text" | "json"

/** Configures the log of this process. Lines that stderr does not accept are dropped. */
export function openLog(format: LogFormat, level: "debug" | "info" | "warning" = "info"): Logger {
  process.stderr.on("error", () => {})
  const line = format === "json" ? getJsonLinesFormatter({ properties: "flatten" }) : textLine
  configureSync({
    reset: true,
    sinks: { stderr: record => void process.stderr.write(line(record)) },
    loggers: [
      { category: "ptyline", lowestLevel: level, sinks: ["stderr"] },
      { category: ["logtape", "meta"], lowestLevel: "error", sinks: ["stderr"] },
    ],
  })
  return getLogger("ptyline")
}

function textLine({ timestamp, level, message, properties }: LogRecord): string {
  const time = new Date(timestamp).toISOString().slice(11, 19)
  const facts = Object.entries(properties).map(([name, value]) => ` ${name}=${JSON.stringify(value)}`)
  return `${time} ${level === "info" ? "" : `${level}: `}${printable(message.join(""))}${facts.join("")}\n`
}
