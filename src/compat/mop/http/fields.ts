// The fields of MOP's requests: their parsers and schemas, and the 422 for invalid ones (contract mop, 2.1).

import type { Json } from "../responses.ts"

type Fault = { type: string; msg: string }
type Read<T> = { value: T } | { fault: Fault }

/** `schema` is the field's JSON Schema. A field without `fallback` is required. */
type MopField<T = unknown> = { read(value: unknown): Read<T>; schema: Json; fallback?: { value: T } }
export type Fields = Record<string, MopField>
export type Body<F extends Fields> = { [Name in keyof F]: F[Name] extends MopField<infer T> ? T : never }

type Issue = Fault & { loc: (string | number)[]; input: unknown; ctx?: Json }

/** An invalid body: 422 with all issues. */
export class Invalid extends Error {
  readonly issues: Issue[]

  constructor(issues: Issue[]) {
    super("invalid request")
    this.issues = issues
  }
}

const fault = (type: string, msg: string): { fault: Fault } => ({ fault: { type, msg } })
const MISSING: Fault = { type: "missing", msg: "Field required" }

export const optional = <T>(field: MopField<T>, value: T): MopField<T> => ({
  ...field,
  fallback: { value },
  schema: { ...field.schema, default: value },
})

export const text: MopField<string> = {
  schema: { type: "string" },
  read: value =>
    typeof value === "string" ? { value } : fault("string_type", "Input should be a valid string"),
}

const TRUE = ["true", "t", "yes", "y", "on", "1"]
const FALSE = ["false", "f", "no", "n", "off", "0"]

/** Accepts booleans, 0, 1 and words such as "on" in any case. Returns undefined for other values. */
export function parseBoolean(value: unknown): boolean | undefined {
  const word = String(value).toLowerCase()
  if (typeof value === "object" || typeof value === "undefined") return undefined
  if (TRUE.includes(word)) return true
  return FALSE.includes(word) ? false : undefined
}

export const flag: MopField<boolean> = {
  schema: { type: "boolean" },
  read(input) {
    const value = parseBoolean(input)
    if (value !== undefined) return { value }
    return fault("bool_parsing", "Input should be a valid boolean, unable to interpret input")
  },
}

export const list: MopField<unknown[]> = {
  schema: { type: "array", items: {} },
  read: value => (Array.isArray(value) ? { value } : fault("list_type", "Input should be a valid list")),
}

export const dictionary: MopField<Json> = {
  schema: { type: "object", additionalProperties: true },
  read: value => (isObject(value) ? { value } : fault("dict_type", "Input should be a valid dictionary")),
}

export const anything: MopField<unknown> = { schema: {}, read: value => ({ value }) }

/** One of the words, in any case. */
export function choice<Word extends string>(...words: Word[]): MopField<Word> {
  const quoted = words.map(word => `'${word}'`)
  const msg = `Input should be ${quoted.slice(0, -1).join(", ")} or ${quoted.at(-1)}`
  return {
    schema: { type: "string", enum: words },
    read(input) {
      const value = words.find(word => word === String(input).toUpperCase())
      return value && typeof input === "string" ? { value } : fault("literal_error", msg)
    },
  }
}

/** A key, or false, null or "" for none. */
export const keyOrNone: MopField<string | null> = {
  schema: { anyOf: [{ type: "string" }, { const: false }, { type: "null" }] },
  read(value) {
    if (value === false || value === null || value === "") return { value: null }
    return value === true ? fault("literal_error", "Input should be False") : text.read(value)
  },
}

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** Parses a body as a JSON object. Throws `Invalid`. */
export function parseObject(body: string): Json {
  const invalid = (type: string, msg: string, input: unknown, more: object = {}) =>
    new Invalid([{ type, loc: ["body"], msg, input, ...more }])
  if (body === "") throw invalid(MISSING.type, MISSING.msg, null)
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch (error) {
    throw invalid("json_invalid", "JSON decode error", {}, { ctx: { error: (error as Error).message } })
  }
  if (isObject(value)) return value
  throw invalid(
    "model_attributes_type",
    "Input should be a valid dictionary or object to extract fields from",
    value,
  )
}

/** Parses a body's fields and adds defaults. Ignores unknown fields. Throws `Invalid` with every issue. */
export function parseFields<F extends Fields>(fields: F, body: Json): Body<F> {
  const issues: Issue[] = []
  const parsed: Json = {}
  for (const [name, field] of Object.entries(fields)) {
    const given = Object.hasOwn(body, name)
    if (!given && field.fallback) parsed[name] = field.fallback.value
    else {
      const read = given ? field.read(body[name]) : { fault: MISSING }
      if ("value" in read) parsed[name] = read.value
      else issues.push({ ...read.fault, loc: ["body", name], input: given ? body[name] : body })
    }
  }
  if (issues.length > 0) throw new Invalid(issues)
  return parsed as Body<F>
}
