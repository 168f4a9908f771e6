// Map with bounded concurrency.

/** Maps `items` in order, with at most `limit` calls of `map` at once. Rejects with the first failure. */
export async function mapConcurrent<T, R>(
  limit: number,
  items: T[],
  map: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = new Array(items.length)
  let next = 0
  const worker = async () => {
    while (next < items.length) {
      const i = next++
      results[i] = await map(items[i]!)
    }
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker))
  return results
}
