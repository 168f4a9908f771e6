// The tests that run under Deno, and those that cannot.

/** Folders whose tests run under both runtimes. */
export const SUITES = ["core", "store", "wire", "screen", "ops", "http", "library", "backends"].map(
  name => `test/${name}`,
)

/** Options of `deno test`. */
export const OPTIONS = ["-A", "--no-check", "--preload=test/setup.ts"]

/** Files of the folders that run under Bun only, each with the reason. */
export const BUN_ONLY: Record<string, string> = {}
