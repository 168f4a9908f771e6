// PATHS equals the paths in the operation table.

import { expect, test } from "bun:test"
import { OPERATIONS } from "../../src/ops/index.ts"
import type { Operation } from "../../src/ops/operation.ts"
import { type OperationPath, PATHS } from "../../src/ops/paths.ts"

test("every operation has the path of the table", () => {
  const pathOf = ({ http: { method, path, media } }: Operation): OperationPath =>
    media?.streamed ? { method, path, streamed: true } : { method, path }
  const table = Object.entries(OPERATIONS) as unknown as [string, Operation][]
  expect(PATHS).toEqual(Object.fromEntries(table.map(([name, op]) => [name, pathOf(op)])) as typeof PATHS)
})
