// Calls of operations: one type for a core in this process and for a remote server.

import type { z } from "zod"
import { admit, confine } from "./access/authorize.ts"
import { OPERATIONS, type OperationName } from "./index.ts"
import type { Context, Operation } from "./operation.ts"
import { parseInput } from "./parse.ts"

export type OperationInput<N extends OperationName> = z.input<(typeof OPERATIONS)[N]["input"]>
export type OperationOutput<N extends OperationName> = z.output<(typeof OPERATIONS)[N]["output"]>

/** Calls an operation by name. Rejects with a `PtylineError`. */
export type Call = <N extends OperationName>(name: N, input: OperationInput<N>) => Promise<OperationOutput<N>>

/** Returns a `Call` that runs operations on a core in this process. */
export function localCall(context: Context): Call {
  return async (name, input) => {
    const op = OPERATIONS[name] as unknown as Operation
    admit(op, context)
    return (await op.run(context, confine(op, context, parseInput(op.input, input)))) as never
  }
}
