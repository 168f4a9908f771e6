// Modules that this program gives to scripts it loads, under a name that they need not have installed.

/** Makes `import ... from "name"` find these exports, also in the compiled program. */
export function provideModule(name: string, exports: Record<string, unknown>): void {
  Bun.plugin({
    name,
    setup: build => {
      build.module(name, () => ({ exports, loader: "object" }))
    },
  })
}
