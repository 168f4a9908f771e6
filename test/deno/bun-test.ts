// The parts of bun:test that the tests use, on Deno.test. deno.json maps "bun:test" to this file.

import { format } from "node:util"
import { Block, type Work } from "./block.ts"

export { setSystemTime } from "./clock.ts"
export { expect } from "./expect.ts"

type Definition = {
  name: string
  fn: () => Promise<void>
  ignore: boolean
  sanitizeOps: boolean
  sanitizeResources: boolean
}
declare const Deno: {
  test: ((definition: Definition) => void) & { afterAll(work: Work): void }
}

type Body<Row extends unknown[] = []> = (...row: Row) => unknown
type Define<Row extends unknown[]> = (name: string, body: Body<Row>, timeoutMs?: number) => void

let defaultTimeoutMs = 60_000
const file = new Block("", null)
let block = file
Deno.test.afterAll(() => file.finish())

/** In ms, for the tests of this file. */
export function setDefaultTimeout(ms: number): void {
  defaultTimeoutMs = ms
}

export const beforeAll = (work: Work): void => void block.beforeAll.push(work)
export const afterAll = (work: Work): void => void block.afterAll.push(work)
export const beforeEach = (work: Work): void => void block.beforeEach.push(work)
export const afterEach = (work: Work): void => void block.afterEach.push(work)

function addBlock(name: string, body: () => void, skipped: boolean): void {
  const outer = block
  block = new Block(name, outer, skipped)
  try {
    body()
  } finally {
    block = outer
  }
}

function addTest(name: string, body: () => unknown, timeoutMs: number | undefined, skipped: boolean): void {
  const owner = block
  const ignore = skipped || owner.skipped
  if (!ignore) owner.addTest()
  const fn = () => owner.run(() => inTime(body, timeoutMs ?? defaultTimeoutMs))
  Deno.test({ name: owner.title(name), fn, ignore, sanitizeOps: false, sanitizeResources: false })
}

/** Rejects when `body` takes longer than `ms`. */
async function inTime(body: () => unknown, ms: number): Promise<void> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new Error(`timed out after ${ms} ms`)), ms)
  try {
    await Promise.race([body(), late.promise])
  } finally {
    clearTimeout(timer)
  }
}

/** One test or block for each row. An array is a list of arguments. */
function each(define: Define<[]>) {
  return <Row>(rows: readonly Row[]): Define<Row extends readonly unknown[] ? [...Row] : [Row]> =>
    (name, body, timeoutMs) => {
      for (const row of rows) {
        const values = (Array.isArray(row) ? row : [row]) as Parameters<typeof body>
        define(titleOf(name, values), () => body(...values), timeoutMs)
      }
    }
}

/** Replaces placeholders such as %d with the values; values left over are not shown. */
function titleOf(name: string, values: unknown[]): string {
  const count = name.match(/%[sdifjoOp]/g)?.length ?? 0
  return format(name.replaceAll("%p", "%j"), ...values.slice(0, count))
}

/** Adds `each`, `if`, `skip` and `skipIf` to a function that takes a name, a body and a timeout. */
function variants(define: (skipped: boolean) => Define<[]>) {
  const plain = define(false)
  return Object.assign(plain.bind(null), {
    each: each(plain),
    skip: define(true),
    if: (condition: boolean) => define(!condition),
    skipIf: (condition: boolean) => define(condition),
  })
}

export const describe = variants(skipped => (name, body) => addBlock(name, body, skipped))
export const test = variants(skipped => (name, body, ms) => addTest(name, body, ms, skipped))
