// Functions of native libraries.

import type { AddressOf, Dlopen, NativeSymbols, NativeType } from "../types.ts"

type Argument = number | bigint | null
type Native = (...args: Argument[]) => number | bigint

const TYPES: Record<NativeType, Deno.NativeType> = {
  i32: "i32",
  u32: "u32",
  i64: "i64",
  u64: "u64",
  ptr: "usize",
  void: "void",
}

export const dlopen: Dlopen = <Functions>(library: string, functions: Functions) => {
  const declared = Object.entries(functions as Record<string, { args: NativeType[]; returns: NativeType }>)
  const foreign = declared.map(([name, { args, returns }]): [string, Deno.ForeignFunction] => [
    name,
    { parameters: args.map(type => TYPES[type]), result: TYPES[returns] },
  ])
  const { symbols } = Deno.dlopen(library, Object.fromEntries(foreign))
  const wrapped = declared.map(([name, { args, returns }]) => [name, adapt(symbols[name]!, args, returns)])
  return { symbols: Object.fromEntries(wrapped) as NativeSymbols<never> }
}

/** Deno takes no null for an address, and returns addresses as bigints. */
function adapt(call: Native, args: NativeType[], returns: NativeType): Native {
  const takes = args.includes("ptr") ? (...all: Argument[]) => call(...all.map(arg => arg ?? 0)) : call
  return returns === "ptr" ? (...all) => Number(takes(...all)) : takes
}

/** Asks for the buffer's address: Deno returns null for an empty view. */
export const ptr: AddressOf = (view, offset = 0) =>
  Number(Deno.UnsafePointer.value(Deno.UnsafePointer.of(view.buffer))) + view.byteOffset + offset
