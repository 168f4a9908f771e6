// The attic as files: what is written, what opens it, what a crash, a full attic or another pepper does to it.

import { expect, test } from "bun:test"
import { chmodSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { AtticFiles } from "../../src/compat/mop/attic/files.ts"
import { pepperedHash, pepperOf } from "../../src/store/secrets/pepper.ts"
import { fixture, scratch } from "../helpers.ts"

const record = { program: ["bash"], pickle: { secret: "buttermilk".repeat(50) }, port: "Not Found" }
const [one, two] = ["1".repeat(64), "2".repeat(64)] as const
const files = (data: string) => readdirSync(join(data, "attic")).sort()
const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => "nothing",
    (error: Error) => error.message,
  )

test("a record comes back from a file that shows nothing of it and is its owner's alone", async () => {
  using data = scratch()
  const attic = await AtticFiles.open(data.path, pepperOf(data.path))
  await attic.put(one, record)
  expect(await attic.get(one)).toEqual(record)
  expect(files(data.path)).toEqual([`${one}.attic`])
  const path = join(data.path, "attic", `${one}.attic`)
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(statSync(join(data.path, "pepper")).mode & 0o777).toBe(0o600)
  const bytes = readFileSync(path, "latin1")
  expect(bytes).not.toContain("buttermilk")
  expect(bytes.length).toBeLessThan(300)
  const later = await AtticFiles.open(data.path, pepperOf(data.path))
  expect(await later.get(one)).toEqual(record)
})

test("what is not there, changed by one bit or renamed does not open", async () => {
  using data = scratch()
  const attic = await AtticFiles.open(data.path, pepperOf(data.path))
  await attic.put(one, record)
  expect(await failure(attic.get(two))).toBe("Not found")
  const path = join(data.path, "attic", `${one}.attic`)
  const whole = readFileSync(path)
  for (const at of [16, 17, 40, whole.length - 1]) {
    const damaged = Buffer.from(whole)
    damaged[at]! ^= 1
    writeFileSync(path, damaged)
    expect([at, await failure(attic.get(one))]).toEqual([at, "Corrupted data"])
  }
  writeFileSync(path, whole.subarray(0, 20))
  expect(await failure(attic.get(one))).toBe("Corrupted data")
  writeFileSync(path, whole)
  renameSync(path, join(data.path, "attic", `${two}.attic`))
  expect(await failure(attic.get(two))).toBe("Corrupted data")
})

test("archives of another pepper are named and left as they are", async () => {
  using data = scratch()
  const attic = await AtticFiles.open(data.path, Buffer.from("old pepper"))
  await attic.put(one, record)
  const before = readFileSync(join(data.path, "attic", `${one}.attic`))
  const next = await AtticFiles.open(data.path, Buffer.from("new pepper"))
  await next.put(two, record)
  expect(await next.foreign()).toEqual([`${one}.attic`])
  const old = await AtticFiles.open(data.path, Buffer.from("old pepper"))
  expect(await old.foreign()).toEqual([`${two}.attic`])
  expect(await failure(next.get(one))).toBe("Corrupted data")
  expect(readFileSync(join(data.path, "attic", `${one}.attic`))).toEqual(before)
})

test("all archives together keep to the limit; a refused record leaves the one before it", async () => {
  using data = scratch()
  const pepper = pepperOf(data.path)
  const small = await AtticFiles.open(data.path, pepper, 2000)
  await small.put(one, record)
  const noise = (size: number) => Buffer.from(crypto.getRandomValues(new Uint8Array(size))).toString("base64")
  expect(await failure(small.put(one, noise(2000)))).toBe("Attic is full")
  expect(await small.get(one)).toEqual(record)
  const outcomes = await Promise.all([
    failure(small.put(one, noise(700))),
    failure(small.put(two, noise(900))),
  ])
  expect(outcomes).toEqual(["nothing", "nothing"])
  expect(await failure(small.put("3".repeat(64), noise(600)))).toBe("Attic is full")
  const again = await AtticFiles.open(data.path, pepper, 2000)
  expect(await failure(again.put("3".repeat(64), noise(600)))).toBe("Attic is full")
})

test("what a crash left half written is removed, foreign files are not", async () => {
  using data = scratch()
  mkdirSync(join(data.path, "attic"))
  writeFileSync(join(data.path, "attic", `${one}.attic.0123456789ab`), "half")
  writeFileSync(join(data.path, "attic", "notes.txt"), "mine")
  await AtticFiles.open(data.path, pepperOf(data.path))
  expect(files(data.path)).toEqual(["notes.txt"])
})

test("killed while it writes, at any moment: every record is whole", async () => {
  using data = scratch()
  for (let round = 0; round < 8; round++) {
    const writer = Bun.spawn([process.execPath, fixture("attic-writer.ts"), data.path], { stdout: "pipe" })
    const reader = writer.stdout.getReader()
    for (let dots = 0; dots < 3 + round * 2; ) dots += (await reader.read()).value?.length ?? 0
    writer.kill("SIGKILL")
    await writer.exited
    const attic = await AtticFiles.open(data.path, pepperOf(data.path))
    const names = files(data.path)
    expect(names.every(name => /^(\d)\1{63}\.attic$/.test(name))).toBe(true)
    for (const name of names)
      expect(await attic.get(name.slice(0, 64))).toMatchObject({ i: expect.any(Number) })
  }
}, 30_000)

test("a pepper is used as it is, refused when others may write it, and every use hashes apart", () => {
  using data = scratch()
  writeFileSync(join(data.path, "pepper"), "any \xff content\n", { mode: 0o644 })
  expect(Buffer.from(pepperOf(data.path)).toString()).toBe("any \xff content\n")
  expect(statSync(join(data.path, "pepper")).mode & 0o777).toBe(0o600)
  const pepper = pepperOf(data.path)
  expect(pepperedHash(pepper, "key", "x")).not.toBe(pepperedHash(pepper, "alias", "x"))
  chmodSync(join(data.path, "pepper"), 0o666)
  expect(() => pepperOf(data.path)).toThrow("others may write")
  writeFileSync(join(data.path, "pepper"), "")
  chmodSync(join(data.path, "pepper"), 0o600)
  expect(() => pepperOf(data.path)).toThrow("is empty")
})
