// The entry: decides what this process is before anything heavy is loaded. A holder stays small that way.

/** Runs one command line and resolves with the exit code: 0 ok, 1 failure, 2 usage, 3 not found. */
export async function main(argv: string[]): Promise<number> {
  if (argv[0] === "__holder") return (await import("../backends/holder/main.ts")).holdSession()
  if (argv[0] === "__worker") return (await import("./worker.ts")).work()
  return (await import("./commands.ts")).runCommandLine(argv)
}
