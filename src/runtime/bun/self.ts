// This program, as Bun runs it: from source or as an executable.

import type { Self } from "../types.ts"

export const self: Self = {
  standalone: Bun.isStandaloneExecutable === true,
  command: () =>
    Bun.isStandaloneExecutable
      ? [process.execPath]
      : [process.execPath, new URL("../../../bin/ptyline.ts", import.meta.url).pathname],
  collectGarbage: () => Bun.gc(true),
  provideModule: (name, exports) =>
    Bun.plugin({
      name,
      setup: build => {
        build.module(name, () => ({ exports, loader: "object" }))
      },
    }),
}
