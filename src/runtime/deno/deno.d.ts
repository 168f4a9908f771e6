// The parts of the `Deno` global that this folder uses.

declare namespace Deno {
  type NativeType = "i32" | "u32" | "i64" | "u64" | "usize" | "void"
  type ForeignFunction = { parameters: readonly NativeType[]; result: NativeType; nonblocking?: boolean }
  // biome-ignore lint/suspicious/noExplicitAny: the signature depends on the declaration
  type ForeignSymbols = Record<string, (...args: any[]) => any>
  function dlopen(
    library: string,
    functions: Record<string, ForeignFunction>,
  ): { symbols: ForeignSymbols; close(): void }

  type PointerObject = { readonly __pointer: never }
  const UnsafePointer: {
    of(value: ArrayBufferLike | ArrayBufferView): PointerObject | null
    value(pointer: PointerObject | null): bigint
  }
}
