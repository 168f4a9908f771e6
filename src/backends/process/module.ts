// Modules that loaded scripts can import without installing them.

/** Makes `import ... from "name"` return these exports, also in the compiled executable. */
export function provideModule(name: string, exports: Record<string, unknown>): void {
  Bun.plugin({
    name,
    setup: build => {
      build.module(name, () => ({ exports, loader: "object" }))
    },
  })
}
