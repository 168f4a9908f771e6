// What a TypeScript script may import: `import { expect } from "ptyline"`.

import { provideModule } from "../../backends/process/module.ts"
import { PtylineError } from "../../core/lib/errors.ts"
import { Dialogue, ExpectError, expect } from "../../expect/dialogue.ts"

/** To be called before a script is loaded. */
export const provideLibrary = (): void =>
  provideModule("ptyline", { expect, Dialogue, ExpectError, PtylineError })
