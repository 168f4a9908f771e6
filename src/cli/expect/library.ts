// The module that TypeScript scripts import: `import { expect } from "ptyline"`.

import { self } from "#runtime/self.ts"
import { PtylineError } from "../../core/lib/errors.ts"
import { Dialogue, ExpectError, expect } from "../../expect/dialogue.ts"

/** Makes the module available. Call it before loading a script. */
export const provideLibrary = (): void =>
  self.provideModule("ptyline", { expect, Dialogue, ExpectError, PtylineError })
