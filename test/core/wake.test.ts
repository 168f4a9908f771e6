// Waiting for a change: woken once, by the first cause, with no listener left.

import { expect, test } from "bun:test"
import { getEventListeners } from "node:events"
import { delay, Wake } from "../../src/core/lib/wake.ts"

test("fire wakes every waiter, and no later one", async () => {
  const wake = new Wake()
  const woken: number[] = []
  for (const i of [1, 2]) void wake.wait().then(() => woken.push(i))
  wake.fire()
  const late = wake.wait().then(() => woken.push(3))
  await delay(1)
  expect(woken).toEqual([1, 2])
  wake.fire()
  await late
  expect(woken).toEqual([1, 2, 3])
})

test("a waiter that waits again when woken is not woken twice", async () => {
  const wake = new Wake()
  let turns = 0
  const loop = async () => {
    while (turns < 2) {
      await wake.wait()
      turns++
    }
  }
  const done = loop()
  wake.fire()
  await delay(1)
  expect(turns).toBe(1)
  wake.fire()
  await done
})

test("abort and timeout end the wait and leave no listener", async () => {
  const wake = new Wake()
  const abort = new AbortController()
  const waiting = wake.wait(abort.signal)
  expect(getEventListeners(abort.signal, "abort")).toHaveLength(1)
  abort.abort()
  await waiting
  const other = new AbortController()
  await wake.wait(other.signal, 1)
  expect(getEventListeners(other.signal, "abort")).toHaveLength(0)
  await wake.wait(abort.signal)
  await wake.wait(undefined, 0)
})

test("delay resolves after its time or with the signal", async () => {
  const begun = performance.now()
  await delay(20)
  expect(performance.now() - begun).toBeGreaterThan(18)
  await delay(60_000, AbortSignal.timeout(5))
  expect(performance.now() - begun).toBeLessThan(5000)
})

test("a patient listener is called, and does not count as waiting", () => {
  const wake = new Wake()
  let calls = 0
  let patient = false
  const deaf = wake.listen(
    () => void calls++,
    () => patient,
  )
  expect(wake.awaited).toBe(true)
  patient = true
  expect(wake.awaited).toBe(false)
  const other = wake.listen(() => {})
  expect(wake.awaited).toBe(true)
  other()
  wake.fire()
  expect([wake.awaited, calls]).toEqual([false, 1])
  deaf()
  wake.fire()
  expect(calls).toBe(1)
})
