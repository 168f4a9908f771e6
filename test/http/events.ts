// Client of server-sent events for tests: parses the parts of the HTML standard that are used.

export type Sse = { event: string; id: string | null; data: unknown; comment: boolean }

/** Yields every event and comment of a response. */
export async function* sseOf(response: Response): AsyncGenerator<Sse> {
  let rest = ""
  for await (const piece of response.body!.pipeThrough(
    new TextDecoderStream() as never,
  ) as unknown as AsyncIterable<string>) {
    const blocks = (rest + piece).split("\n\n")
    rest = blocks.pop()!
    for (const block of blocks) yield parse(block)
  }
}

function parse(block: string): Sse {
  const lines = block.split("\n")
  const field = (name: string) => lines.find(line => line.startsWith(`${name}: `))?.slice(name.length + 2)
  const data = field("data")
  return {
    event: field("event") ?? "",
    id: field("id") ?? null,
    data: data === undefined ? null : JSON.parse(data),
    comment: block.startsWith(":"),
  }
}

export type Followed = { bytes: Uint8Array; events: Sse[] }

/** Follows a session's stream to its end. */
export async function followed(response: Response): Promise<Followed> {
  const events: Sse[] = []
  for await (const event of sseOf(response)) if (!event.comment) events.push(event)
  const pieces = events.filter(e => e.event === "output").map(e => (e.data as { data: string }).data)
  return { bytes: new Uint8Array(Buffer.concat(pieces.map(p => Buffer.from(p, "base64")))), events }
}
