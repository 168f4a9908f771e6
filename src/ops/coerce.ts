// Conversion of strings from a URL or a command line to the types of an operation's input.

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

const cache = new WeakMap<z.ZodObject, Record<string, InputField>>()

/** Returns an object schema's fields as a flat list. A nested field is named `outer.inner`. */
export function fieldsOf(schema: z.ZodObject): Record<string, InputField> {
  const fields =
    cache.get(schema) ??
    flatten(z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as JsonSchema, "")
  cache.set(schema, fields)
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

/** Returns `text` as the field's type. Other text stays text; the schema's error then names it. */
export function coerce(field: InputField | undefined, text: string): unknown {
  if (field?.type === "boolean" && (text === "true" || text === "false")) return text === "true"
  const number = field?.type === "integer" || field?.type === "number"
  return number && /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text
}
