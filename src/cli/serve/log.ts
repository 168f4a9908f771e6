// The server's log: one line on stderr per event that matters, for people or as JSON.

import {
  configureSync,
  getJsonLinesFormatter,
  getLogger,
  type Logger,
  type LogRecord,
} from "@logtape/logtape"

export type LogFormat = "text" | "json"

/** Sets the log up for this process. Nothing is written to stdout; what stderr does not take is lost, and that is no fault. */
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

/** Text of others must not drive the terminal of whoever reads the log. */
const printable = (text: string): string => text.replace(/\p{Cc}+/gu, " ")
