// Words from a URL or a command line, as the types an operation's input wants.

import { z } from "zod"

export type InputField = {
  type: "string" | "integer" | "number" | "boolean" | "array" | "object"
  description: string
  values?: string[]
  required: boolean
  default?: unknown
}
type JsonSchema = {
  type?: string
  properties?: Record<string, JsonSchema>
  required?: string[]
  enum?: unknown[]
  anyOf?: JsonSchema[]
  description?: string
  default?: unknown
  const?: unknown
}

const known = new WeakMap<z.ZodObject, Record<string, InputField>>()

/** An object schema as a flat list of fields; an object inside it appears as `outer.inner`. */
export function fieldsOf(schema: z.ZodObject): Record<string, InputField> {
  const fields =
    known.get(schema) ??
    flatten(z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as JsonSchema, "")
  known.set(schema, fields)
  return fields
}

function flatten(schema: JsonSchema, prefix: string): Record<string, InputField> {
  const fields: Record<string, InputField> = {}
  for (const [name, value] of Object.entries(schema.properties ?? {})) {
    const plain = value.anyOf?.find(option => option.type !== "null") ?? value
    if (plain.properties) Object.assign(fields, flatten(plain, `${prefix}${name}.`))
    else fields[prefix + name] = fieldOf(value, plain, schema.required?.includes(name) ?? false)
  }
  return fields
}

function fieldOf(value: JsonSchema, plain: JsonSchema, required: boolean): InputField {
  const type = plain.type ?? (typeof plain.const === "boolean" ? "boolean" : "string")
  return {
    type: type as InputField["type"],
    description: value.description ?? plain.description ?? "",
    values: plain.enum?.map(String),
    required: required && value.default === undefined,
    default: value.default,
  }
}

/** A word as the field's type; one that does not fit stays a word, so that the schema names it in its refusal. */
export function coerce(field: InputField | undefined, word: string): unknown {
  if (field?.type === "boolean" && (word === "true" || word === "false")) return word === "true"
  const number = field?.type === "integer" || field?.type === "number"
  return number && /^-?\d+(\.\d+)?$/.test(word) ? Number(word) : word
}
