// Entry point: loads only the code of the process it becomes. A holder stays small, and `run` starts fast.

/** Runs one command line and resolves with the exit code. */
export async function main(argv: string[]): Promise<number> {
  if (argv[0] === "__holder") return (await import("../backends/holder/main.ts")).holdSession()
  if (argv[0] === "__worker") return (await import("./serve/worker.ts")).work()
  if (argv[0] === "__stdio") return (await import("./connect/stdio.ts")).joinSocket(process.env)
  if (argv[0] === "__mcp-core") return (await import("./mcp/core.ts")).shareCore(argv.slice(1), process.env)
  if (argv[0] === "run") return runFast(argv)
  return (await import("./commands.ts")).runCommandLine(argv)
}

/**
 * Runs `ptyline run` without loading the operations, except for --help. Exits here: all output is written,
 * and Node's stdout would make a shared descriptor non-blocking.
 */
async function runFast(argv: string[]): Promise<number> {
  const end = argv.indexOf("--")
  const flags = end < 0 ? argv : argv.slice(0, end)
  if (flags.includes("--help") || flags.includes("-h"))
    return (await import("./commands.ts")).runCommandLine(argv)
  const { RUN } = await import("./run/verb.ts")
  const code = await RUN.run(argv.slice(1), []).catch(async error =>
    (await import("./lib/failure.ts")).report("run", error),
  )
  process.exit(code)
}
