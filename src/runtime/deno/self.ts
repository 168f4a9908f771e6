// This program, as Deno runs it: from source or as an executable.

import { fileURLToPath } from "node:url"
import type { Self } from "../types.ts"

const ROOT = new URL("../../../", import.meta.url)
const pathOf = (name: string): string => fileURLToPath(new URL(name, ROOT))

export const self: Self = {
  standalone: Deno.build.standalone,
  command: () =>
    Deno.build.standalone
      ? [process.execPath]
      : [process.execPath, "run", "-A", "--config", pathOf("deno.json"), pathOf("bin/ptyline.ts")],
  // V8 has no call for it without a flag
  collectGarbage: () => {},
  // deno.json maps the names that scripts import
  provideModule: () => {},
}
