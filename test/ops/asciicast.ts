// A strict parser of asciicast version 3 for tests. Packaged players do not read that version yet.

export type Cast = {
  header: { version: 3; term: { cols: number; rows: number; type?: string }; timestamp?: number }
  events: [interval: number, code: string, data: string][]
}

/** Parses an asciicast. Throws on everything that the format does not allow. */
export function parseCast(text: string): Cast {
  const lines = text.split("\n")
  if (lines.pop() !== "") throw new Error("the last line does not end")
  const [first, ...rest] = lines
  const header = JSON.parse(first!) as Cast["header"]
  const { version, term, timestamp = 0 } = header
  if (version !== 3 || !Number.isInteger(timestamp)) throw new Error(`not a header: ${first}`)
  if (!Number.isInteger(term.cols) || !Number.isInteger(term.rows)) throw new Error(`no size: ${first}`)
  return { header, events: rest.filter(line => !line.startsWith("#")).map(parseEvent) }
}

const DATA: Record<string, RegExp> = { o: /^/, i: /^/, m: /^/, r: /^[1-9]\d*x[1-9]\d*$/, x: /^\d+$/ }

function parseEvent(line: string): Cast["events"][number] {
  const event: unknown = JSON.parse(line)
  if (!Array.isArray(event) || event.length !== 3) throw new Error(`not an event: ${line}`)
  const [interval, code, data] = event as [number, string, string]
  if (typeof interval !== "number" || interval < 0) throw new Error(`not an interval: ${line}`)
  if (typeof data !== "string" || !DATA[code]?.test(data)) throw new Error(`not the data of ${code}: ${line}`)
  if (!data.isWellFormed() || data.includes("\ufffd")) throw new Error(`a cut character: ${line}`)
  return [interval, code, data]
}

/** Concatenates the chunks of a streamed output. */
export async function collect(
  answer: AsyncIterable<string> | Promise<AsyncIterable<string>>,
): Promise<string> {
  let text = ""
  for await (const piece of await answer) text += piece
  return text
}
