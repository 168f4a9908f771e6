// The module that TypeScript scripts import: `import { expect } from "ptyline"`.

import { provideModule } from "../../backends/process/module.ts"
import { PtylineError } from "../../core/lib/errors.ts"
import { Dialogue, ExpectError, expect } from "../../expect/dialogue.ts"

/** Makes the module available. Call it before loading a script. */
export const provideLibrary = (): void =>
  provideModule("ptyline", { expect, Dialogue, ExpectError, PtylineError })
