// Waiting for a change: woken once, by whatever comes first, and nothing left behind.

import { expect, test } from "bun:test"
import { getEventListeners } from "node:events"
import { delay, Wake } from "../../src/core/lib/wake.ts"

test("fire wakes everyone who waits, and nobody who comes later", async () => {
  const wake = new Wake()
  const woken: number[] = []
  for (const i of [1, 2]) void wake.wait().then(() => woken.push(i))
  wake.fire()
  const late = wake.wait().then(() => woken.push(3))
  await Bun.sleep(1)
  expect(woken).toEqual([1, 2])
  wake.fire()
  await late
  expect(woken).toEqual([1, 2, 3])
})

test("a waiter that waits again while it is woken is not woken twice", async () => {
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
  await Bun.sleep(1)
  expect(turns).toBe(1)
  wake.fire()
  await done
})

test("abort and time end the wait and leave no listener", async () => {
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

test("delay takes its time or ends with the signal", async () => {
  const begun = performance.now()
  await delay(20)
  expect(performance.now() - begun).toBeGreaterThan(18)
  await delay(60_000, AbortSignal.timeout(5))
  expect(performance.now() - begun).toBeLessThan(5000)
})

test("whoever is patient is told, and does not count as waiting", () => {
  const wake = new Wake()
  let heard = 0
  let patient = false
  const deaf = wake.listen(
    () => void heard++,
    () => patient,
  )
  expect(wake.awaited).toBe(true)
  patient = true
  expect(wake.awaited).toBe(false)
  const other = wake.listen(() => {})
  expect(wake.awaited).toBe(true)
  other()
  wake.fire()
  expect([wake.awaited, heard]).toEqual([false, 1])
  deaf()
  wake.fire()
  expect(heard).toBe(1)
})
