// Functions of native libraries. Addresses are numbers here as in Bun, so that callers can count with them.

import type { AddressOf, Dlopen, NativeFunctions, NativeType } from "../types.ts"

type Argument = number | bigint | null
type Native = (...args: Argument[]) => number | bigint

const typeOf = (type: NativeType) => (type === "ptr" ? "usize" : type)

export const dlopen: Dlopen = (library, functions) => {
  const declared = Object.entries<NativeFunctions[string]>(functions)
  const foreign = declared.map(([name, { args, returns }]) => [
    name,
    { parameters: args.map(typeOf), result: typeOf(returns) },
  ])
  const { symbols } = Deno.dlopen(library, Object.fromEntries(foreign))
  const adapted = declared.map(([name, types]) => [name, adapt(symbols[name] as unknown as Native, types)])
  return { symbols: Object.fromEntries(adapted) }
}

/** Deno takes no null for an address, and returns addresses as bigints. */
function adapt(call: Native, { args, returns }: NativeFunctions[string]): Native {
  const takes = args.includes("ptr") ? (...all: Argument[]) => call(...all.map(arg => arg ?? 0)) : call
  return returns === "ptr" ? (...all) => Number(takes(...all)) : takes
}

/** Asks for the buffer's address: Deno returns null for an empty view. */
export const ptr: AddressOf = ({ buffer, byteOffset }, offset = 0) =>
  Number(Deno.UnsafePointer.value(Deno.UnsafePointer.of(buffer as ArrayBuffer))) + byteOffset + offset
