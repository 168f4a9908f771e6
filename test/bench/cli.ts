// Cost of commands: process start, a key through `attach`, a flood through `run`.

import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { create, end, helper } from "./lib/api.ts"
import { type Bench, median, type Row } from "./lib/figures.ts"
import { program, Server } from "./lib/server.ts"

const STARTS = 15
const KEYS = 300
const BYTES = 500_000_000
const COMMAND = "stty raw -echo; printf ready; exec cat"

type Env = Record<string, string>

async function startMs(words: string[], env: Env): Promise<number> {
  const begun = performance.now()
  const child = Bun.spawn(words, { env, stdout: "ignore", stderr: "inherit", stdin: "ignore" })
  if ((await child.exited) !== 0) throw new Error(`${words.join(" ")} failed`)
  return performance.now() - begun
}

async function starts(name: string, words: string[], env: Env, limit: number, report: (row: Row) => void) {
  const [ours, bare]: [number[], number[]] = [[], []]
  for (let round = 0; round < STARTS; round++) {
    bare.push(await startMs([process.execPath, "-e", "0"], env))
    ours.push(await startMs(words, env))
  }
  const [measured, baseline] = [median(ours), median(bare)]
  report({ name, measured, unit: "ms", baseline, target: `<= ${limit}`, met: measured <= limit })
}

/** Round trips of a key through `ptyline attach` on a terminal of this process. */
async function attachTimes(words: string[], env: Env): Promise<number[]> {
  let text = ""
  let heard = () => {}
  const child = Bun.spawn(words, {
    env,
    terminal: {
      cols: 120,
      rows: 30,
      data: (_, bytes) => {
        text += Buffer.from(bytes).toString("latin1")
        heard()
      },
    },
  })
  const until = async (sign: string) => {
    while (!text.includes(sign)) await new Promise<void>(resolve => (heard = resolve))
    text = ""
  }
  await until("ready")
  await Bun.sleep(300)
  text = ""
  const times: number[] = []
  for (let i = -50; i < KEYS; i++) {
    const begun = performance.now()
    child.terminal!.write("x")
    await until("x")
    if (i >= 0) times.push(performance.now() - begun)
    if (i % 8 === 0) await Bun.sleep(1)
  }
  child.kill("SIGTERM")
  await child.exited
  return times
}

async function echoes(server: Server, env: Env, report: (row: Row) => void): Promise<void> {
  const [ours, bare]: [number[], number[]] = [[], []]
  for (let round = 0; round < 3; round++) {
    const session = await create(server, COMMAND)
    bare.push(median(await helper<number[]>("echoer.ts", KEYS, server.port, session.id)))
    await end(server, session)
    const again = await create(server, COMMAND)
    ours.push(median(await attachTimes([...program(), "attach", again.id, "--url", server.origin], env)))
    await end(server, again)
  }
  const [measured, baseline] = [median(ours), median(bare)]
  const target = `<= ${baseline.toFixed(2)} + 1.5`
  report({
    name: "attach echo, p50",
    measured,
    unit: "ms",
    baseline,
    target,
    met: measured <= baseline + 1.5,
  })
}

/** MB/s of a command into a reader, and the peak memory of its first process in MiB. */
async function rate(words: string[], env: Env): Promise<{ mbs: number; mib: number }> {
  const begun = performance.now()
  const child = Bun.spawn(["sh", "-c", `${words.join(" ")} | cat >/dev/null`], { env, stdin: "ignore" })
  let mib = 0
  const look = setInterval(() => {
    mib = Math.max(mib, peakOf(child.pid))
  }, 10)
  await child.exited
  clearInterval(look)
  return { mbs: BYTES / 1e3 / (performance.now() - begun), mib }
}

/** Peak memory of the children of a shell, in MiB (proc(5), VmHWM). */
function peakOf(shell: number): number {
  try {
    const children = readFileSync(`/proc/${shell}/task/${shell}/children`, "utf8").trim().split(" ")
    const peaks = children.map(pid =>
      Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0),
    )
    return Math.max(...peaks) / 1024
  } catch {
    return 0
  }
}

async function floods(env: Env, report: (row: Row) => void): Promise<void> {
  const bare = ["head", "-c", `${BYTES}`, "/dev/zero"]
  for (const [name, flags, target] of [
    ["run, 500 MB through a pipe", [], 0.5],
    ["run --record, the same (every byte is looked at)", ["--record", join(env.HOME!, "x.cast")], null],
  ] as const) {
    const words = [...program(), "run", ...flags, "--", ...bare]
    const ratios: number[] = []
    const [ours, baseline, peaks]: [number[], number[], number[]] = [[], [], []]
    for (let round = 0; round < (target ? 3 : 1); round++) {
      const [alone, through] = [await rate(bare, env), await rate(words, env)]
      baseline.push(alone.mbs)
      ours.push(through.mbs)
      peaks.push(through.mib)
      ratios.push(through.mbs / alone.mbs)
    }
    const ratio = median(ratios)
    report({
      name,
      measured: median(ours),
      unit: "MB/s",
      baseline: median(baseline),
      ratio,
      target: target ? `>= ${target} x` : "information",
      met: target ? ratio >= target : null,
      note: `peak ${Math.max(...peaks).toFixed(0)} MiB`,
    })
  }
}

export const cli: Bench = {
  name: "cli",
  async run(report) {
    const home = mkdtempSync(join(tmpdir(), "ptyline-cli-"))
    const env = {
      PATH: process.env.PATH ?? "",
      HOME: home,
      PTYLINE_STATE_DIR: join(home, "state"),
      TERM: "xterm",
    }
    try {
      await using server = await Server.start()
      await starts("ptyline run true", [...program(), "run", "true"], env, 120, report)
      await starts("ptyline ls", [...program(), "ls", "--url", server.origin], env, 100, report)
      await echoes(server, env, report)
      await floods(env, report)
    } finally {
      rmSync(home, { recursive: true })
    }
  },
}
