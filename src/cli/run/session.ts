import type { RunOptions } from "./options.ts"
export async function runAsSession(_o: RunOptions, _e: unknown): Promise<number> {
  return 1
}
