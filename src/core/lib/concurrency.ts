// Much to do, a few at a time.

/** Does `work` for every item, at most `atOnce` side by side; the answers in the items' order. Rejects as the first that does. */
export async function sideBySide<T, R>(
  atOnce: number,
  items: T[],
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const answers: R[] = new Array(items.length)
  let next = 0
  const worker = async () => {
    while (next < items.length) {
      const i = next++
      answers[i] = await work(items[i]!)
    }
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker))
  return answers
}
