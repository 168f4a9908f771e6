// Jest's `expect` with the matchers that only Bun has, and with Bun's rule for bytes.

import { expect as jestExpect } from "expect"

type Check = { pass: boolean; message: () => string }
type Matcher = (value: unknown, ...expected: never[]) => Check

const print = (value: unknown) => (typeof value === "string" ? JSON.stringify(value) : String(value))

/** `what` says what the value should be, after "to". */
function matcher<Expected extends unknown[]>(
  what: string,
  holds: (value: never, ...expected: Expected) => boolean,
) {
  return (value: unknown, ...expected: Expected): Check => {
    const pass = holds(value as never, ...expected)
    const wanted = [pass ? "not to" : "to", what, ...expected.map(print)].join(" ")
    return { pass, message: () => `expected ${print(value)} ${wanted}` }
  }
}

const matchers: Record<string, Matcher> = {
  toStartWith: matcher("start with", (value: string, start: string) => value.startsWith(start)),
  toEndWith: matcher("end with", (value: string, end: string) => value.endsWith(end)),
  toBeOneOf: matcher("be one of", (value: unknown, values: unknown[]) =>
    values.some(one => jestExpect.objectContaining({ value: one }).asymmetricMatch({ value })),
  ),
  toBeWithin: matcher("be within", (value: number, from: number, to: number) => value >= from && value < to),
  toBeString: matcher("be a string", (value: unknown) => typeof value === "string"),
  toBeNumber: matcher("be a number", (value: unknown) => typeof value === "number"),
  toBeArray: matcher("be an array", (value: unknown) => Array.isArray(value)),
}
jestExpect.extend(matchers as never)

/** Compares bytes as a whole: fast, and a Buffer equals a Uint8Array. Undefined for other values. */
function equalBytes(one: unknown, other: unknown): boolean | undefined {
  if (!(one instanceof Uint8Array && other instanceof Uint8Array)) return undefined
  return Buffer.compare(one, other) === 0
}
jestExpect.addEqualityTesters([equalBytes])

/** `message` is shown before the text of a failure. */
export const expect = Object.assign(
  (value: unknown, message?: string) =>
    message === undefined ? jestExpect(value) : labelled(jestExpect(value), message),
  jestExpect,
)

function labelled<T extends object>(matchers: T, message: string): T {
  return new Proxy(matchers, {
    get(target, key) {
      const member = Reflect.get(target, key)
      if (typeof member !== "function") return labelled(member as object, message)
      return (...expected: unknown[]) => {
        try {
          return member(...expected)
        } catch (error) {
          throw new Error(`${message}\n${(error as Error).message}`, { cause: error })
        }
      }
    },
  })
}
