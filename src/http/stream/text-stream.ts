// Response body from pieces of text, at the reader's pace.

/**
 * Asks for the next piece after the socket took the last one. Rejects if the first piece fails, so that the
 * response can have an error status; a later failure cuts the body. Aborts `gone` when the reader leaves.
 */
export async function streamOf(
  pieces: AsyncIterable<string>,
  gone: AbortController,
): Promise<ReadableStream<Uint8Array>> {
  const iterator = pieces[Symbol.asyncIterator]()
  const encoder = new TextEncoder()
  let next: IteratorResult<string> | null = await iterator.next()
  const leave = () => {
    gone.abort()
    return iterator.return?.().then(() => {})
  }
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const piece = next ?? (await iterator.next())
        next = null
        if (piece.done) controller.close()
        else controller.enqueue(encoder.encode(piece.value))
      },
      cancel: leave,
    },
    { highWaterMark: 1 },
  )
}
