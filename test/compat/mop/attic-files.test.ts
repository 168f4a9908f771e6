// Attic files: records, their keys, damage, the size limit, and crashes of the writer.

import { expect, test } from "bun:test"
import { chmodSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { AtticFiles } from "../../../src/compat/mop/attic/files.ts"
import { loadPepper, pepperedHash } from "../../../src/store/secrets/pepper.ts"
import { fixture, scratch } from "../../helpers.ts"

const record = { program: ["bash"], pickle: { secret: "buttermilk".repeat(50) }, port: "Not Found" }
const [one, two] = ["1".repeat(64), "2".repeat(64)] as const
const files = (data: string) => readdirSync(join(data, "attic")).sort()
const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => "nothing",
    (error: Error) => error.message,
  )

test("a record is read back from an encrypted file that only its owner can read", async () => {
  using data = scratch()
  const attic = await AtticFiles.open(data.path, loadPepper(data.path))
  await attic.put(one, record)
  expect(await attic.get(one)).toEqual(record)
  expect(files(data.path)).toEqual([`${one}.attic`])
  const path = join(data.path, "attic", `${one}.attic`)
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(statSync(join(data.path, "pepper")).mode & 0o777).toBe(0o600)
  const bytes = readFileSync(path, "latin1")
  expect(bytes).not.toContain("buttermilk")
  expect(bytes.length).toBeLessThan(300)
  const later = await AtticFiles.open(data.path, loadPepper(data.path))
  expect(await later.get(one)).toEqual(record)
})

test("a missing, renamed or changed record does not open", async () => {
  using data = scratch()
  const attic = await AtticFiles.open(data.path, loadPepper(data.path))
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

test("archives of another pepper are listed and left unchanged", async () => {
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

test("all archives together stay within the limit; a rejected record leaves the previous one", async () => {
  using data = scratch()
  const pepper = loadPepper(data.path)
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

test("partly written files of a crash are removed, other files are not", async () => {
  using data = scratch()
  mkdirSync(join(data.path, "attic"))
  writeFileSync(join(data.path, "attic", `${one}.attic.0123456789ab`), "half")
  writeFileSync(join(data.path, "attic", "notes.txt"), "mine")
  await AtticFiles.open(data.path, loadPepper(data.path))
  expect(files(data.path)).toEqual(["notes.txt"])
})

test("after a writer is killed at any moment, every record is whole", async () => {
  using data = scratch()
  for (let round = 0; round < 8; round++) {
    const writer = Bun.spawn([process.execPath, fixture("attic-writer.ts"), data.path], { stdout: "pipe" })
    const reader = writer.stdout.getReader()
    for (let dots = 0; dots < 3 + round * 2; ) dots += (await reader.read()).value?.length ?? 0
    writer.kill("SIGKILL")
    await writer.exited
    const attic = await AtticFiles.open(data.path, loadPepper(data.path))
    const names = files(data.path)
    expect(names.every(name => /^(\d)\1{63}\.attic$/.test(name))).toBe(true)
    for (const name of names)
      expect(await attic.get(name.slice(0, 64))).toMatchObject({ i: expect.any(Number) })
  }
}, 30_000)

test("a pepper is used unchanged, rejected if others may write it, and separates hashes by purpose", () => {
  using data = scratch()
  writeFileSync(join(data.path, "pepper"), "any \xff content\n", { mode: 0o644 })
  expect(Buffer.from(loadPepper(data.path)).toString()).toBe("any \xff content\n")
  expect(statSync(join(data.path, "pepper")).mode & 0o777).toBe(0o600)
  const pepper = loadPepper(data.path)
  expect(pepperedHash(pepper, "key", "x")).not.toBe(pepperedHash(pepper, "alias", "x"))
  chmodSync(join(data.path, "pepper"), 0o666)
  expect(() => loadPepper(data.path)).toThrow("others may write")
  writeFileSync(join(data.path, "pepper"), "")
  chmodSync(join(data.path, "pepper"), 0o600)
  expect(() => loadPepper(data.path)).toThrow("is empty")
})
