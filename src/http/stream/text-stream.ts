// Pieces of text as the body of an answer, at the reader's own pace.

/**
 * The next piece is asked for when the socket took the last. Rejects with what the first piece fails with, so that it can
 * still be answered with a status; a later failure cuts the body short. `gone` is told when the reader leaves.
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
