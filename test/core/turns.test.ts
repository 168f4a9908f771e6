// Cooperative yielding: timers and sockets run while long work goes on.

import { expect, test } from "bun:test"
import { connect, createServer } from "node:net"
import { nextTurn, turnOver } from "../../src/core/lib/turns.ts"

/** Works until `done`, yielding at the end of every turn. Resolves with the number of turns. */
async function work(done: () => boolean): Promise<number> {
  for (let turns = 0; ; turns++) {
    while (!turnOver());
    await nextTurn()
    if (done() || turns === 1000) return turns
  }
}

test("a due timer runs within a few turns of long work", async () => {
  for (let round = 0; round < 20; round++) {
    let fired = false
    setTimeout(() => {
      fired = true
    }, 1)
    expect(await work(() => fired)).toBeLessThan(5)
  }
})

test("a socket is served within a few turns of long work", async () => {
  const server = createServer(socket => socket.pipe(socket)).listen(0, "127.0.0.1")
  await new Promise(resolve => server.on("listening", resolve))
  const client = connect((server.address() as { port: number }).port, "127.0.0.1")
  await new Promise(resolve => client.on("connect", resolve))
  let echoes = 0
  client.on("data", () => echoes++)
  for (let round = 1; round <= 20; round++) {
    client.write("x")
    expect(await work(() => echoes >= round)).toBeLessThan(50)
  }
  client.destroy()
  server.close()
})

test("a turn lasts a few milliseconds", async () => {
  await nextTurn()
  const begun = performance.now()
  const over = turnOver()
  while (!turnOver());
  const elapsed = performance.now() - begun
  expect(over).toBe(false)
  expect(elapsed).toBeGreaterThan(1)
})
