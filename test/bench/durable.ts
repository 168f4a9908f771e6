// Cost of durable sessions, beside the same session inside the server in one run.

import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { burst } from "../durable/burst.ts"
import { create, end, helper } from "./lib/api.ts"
import { type Bench, median, type Row } from "./lib/figures.ts"
import { Server } from "./lib/server.ts"
import type { Seen } from "./programs/viewer.ts"

const ROUNDS = 5
const UNATTENDED_ROUNDS = 5
const KEYS = 400
const MANY = 200
const MIB = 1 << 20
const DISK_LIMIT = 64 * MIB

const LOADS: Record<string, string> = {
  "plain bytes": "read go; head -c 100000000 /dev/zero | tr '\\0' x",
  "seq lines": "read go; seq 1 6000000",
}
const ECHO = "stty -icanon; printf ready; exec cat >/dev/null"

const held = (home?: string) => Server.start({ env: { PTYLINE_HOLDERS: "true" }, home })

async function throughput(server: Server, name: string, command: string): Promise<Row> {
  const [ours, plain]: [number[], number[]] = [[], []]
  const rate = async (durable: boolean) => {
    const session = await create(server, command, { durable })
    const { bytes, ms } = await helper<Seen>("viewer.ts", server.port, session.id)
    await end(server, session)
    return bytes / 1000 / ms
  }
  for (let round = 0; round < ROUNDS; round++) {
    plain.push(await rate(false))
    ours.push(await rate(true))
  }
  const ratio = median(ours.map((one, round) => one / plain[round]!))
  const [measured, baseline] = [median(ours), median(plain)]
  const row = { name: `durable: ${name}`, measured, unit: "MB/s", baseline, ratio }
  return { ...row, target: "ratio >= 0.75", met: ratio >= 0.75 }
}

async function echo(server: Server): Promise<Row> {
  const [ours, plain]: [number[], number[]] = [[], []]
  const p50 = async (durable: boolean) => {
    const session = await create(server, ECHO, { durable })
    const times = await helper<number[]>("echoer.ts", KEYS, server.port, session.id)
    await end(server, session)
    return median(times)
  }
  for (let round = 0; round < ROUNDS; round++) {
    plain.push(await p50(false))
    ours.push(await p50(true))
  }
  const [measured, baseline] = [median(ours), median(plain)]
  const limit = baseline + 0.25
  const target = `<= ${limit.toFixed(3)}`
  return { name: "durable: echo, p50", measured, unit: "ms", baseline, target, met: measured <= limit }
}

async function ready(server: Server): Promise<Row> {
  const times: number[] = []
  for (let i = 0; i < 30; i++) {
    const begun = performance.now()
    const session = await create(server, ["cat"])
    times.push(performance.now() - begun)
    await end(server, session)
  }
  const measured = median(times)
  return { name: "durable: ready, p50", measured, unit: "ms", target: "<= 40", met: measured <= 40 }
}

/** Proportional, resident and private memory of the holders of one HOME, in bytes. */
export function holdersOf(home: string): { pss: number; rss: number; own: number }[] {
  return readdirSync("/proc").flatMap(pid => {
    try {
      if (!readFileSync(`/proc/${pid}/cmdline`, "latin1").includes("\0__holder")) return []
      if (!readFileSync(`/proc/${pid}/environ`, "latin1").includes(`HOME=${home}\0`)) return []
      const text = readFileSync(`/proc/${pid}/smaps_rollup`, "latin1")
      const kib = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(text)![1]) * 1024
      return [{ pss: kib("Pss"), rss: kib("Rss"), own: kib("Pss_Anon") }]
    } catch {
      return []
    }
  })
}

async function memory(count: number): Promise<Row> {
  await using server = await held()
  for (let i = 0; i < count; i++) await create(server, ["cat"])
  await Bun.sleep(3000)
  const all = holdersOf(server.home)
  const measured = median(all.map(({ pss }) => pss)) / MIB
  const note = `anonymous ${(median(all.map(({ own }) => own)) / MIB).toFixed(2)} MiB`
  await endAll(server)
  const name = `durable: an idle holder of ${count}, PSS`
  return { name, measured, unit: "MiB", target: "<= 5", met: measured <= 5, note }
}

async function endAll(server: Server): Promise<void> {
  await fetch(`${server.origin}/v1/sessions?grace_ms=0`, { method: "DELETE" })
}

/** Time from the start of the next server to the log line that says all sessions are adopted. */
async function adoption(): Promise<Row> {
  const home = mkdtempSync(join(tmpdir(), "ptyline-bench-"))
  const first = await held(home)
  for (let i = 0; i < MANY; i++) await create(first, ["cat"])
  await first.stop("SIGKILL")
  const begun = performance.now()
  const next = await held(home)
  const measured = performance.now() - begun
  const { sessions } = (await (await fetch(`${next.origin}/v1/sessions?state=running`)).json()) as {
    sessions: unknown[]
  }
  await endAll(next)
  await next.stop("SIGTERM")
  rmSync(home, { recursive: true, force: true })
  const met = measured < 2000 && sessions.length === MANY
  const note = `${sessions.length} running`
  return { name: `durable: ${MANY} adopted`, measured, unit: "ms", target: "< 2000", met, note }
}

/** A program that prints a gigabyte without a viewer, beside one whose output a loop reads and drops. */
async function unattended(server: Server): Promise<Row[]> {
  const command = "head -c 1000000000 /dev/zero | tr '\\0' x"
  const [alone, ours, own]: [number[], number[], number[]] = [[], [], []]
  let disk = 0
  for (let round = 0; round < UNATTENDED_ROUNDS; round++) {
    alone.push((await helper<Seen>("bare.ts", "terminal", `read go; ${command}`)).ms)
    const session = await create(server, command)
    let info = await infoOf(server, session.id)
    // polling costs the holder time, so poll rarely
    for (; !info.exit; info = await infoOf(server, session.id)) {
      await Bun.sleep(1000)
      own.push(...holdersOf(server.home).map(({ own }) => own))
    }
    ours.push(Date.parse(info.exit.at) - Date.parse(info.created_at))
    disk = Math.max(disk, segmentBytes(server.home))
    await end(server, session)
  }
  const [measured, baseline] = [median(ours) / 1000, median(alone) / 1000]
  const ratio = median(ours.map((one, round) => one / alone[round]!))
  const most = Math.max(...own) / MIB
  const bound = DISK_LIMIT / MIB + 8
  return [
    {
      ...{ name: "durable: 1 GB unattended", measured, unit: "s", baseline, ratio },
      ...{ target: "ratio <= 1.3", met: ratio <= 1.3 },
    },
    { name: "durable: its holder, anonymous", measured: most, unit: "MiB", target: "<= 20", met: most <= 20 },
    {
      ...{ name: "durable: its log on disk", measured: disk / MIB, unit: "MiB" },
      ...{ target: `<= ${bound}`, met: disk / MIB <= bound },
    },
  ]
}

type Info = { created_at: string; exit: { at: string } | null }

async function infoOf(server: Server, id: string): Promise<Info> {
  const response = await fetch(`${server.origin}/v1/sessions/${id}`)
  return (await response.json()) as Info
}

function segmentBytes(home: string): number {
  const root = join(home, "state/sessions")
  const files = readdirSync(root, { recursive: true }) as string[]
  return files
    .filter(name => name.endsWith(".seg"))
    .reduce((sum, name) => sum + (statSync(join(root, name), { throwIfNoEntry: false })?.size ?? 0), 0)
}

/** Kills the server five times. Counts the clients that got every byte and the exit code. */
async function bursts(): Promise<Row[]> {
  const rows: Row[] = []
  for (const lines of [1_400_000, 12_500_000]) {
    const { expected, seen } = await burst(lines, "--disk-limit", `${512 * MIB}`)
    const whole = seen.filter(
      ({ bytes, sha, exit }) => bytes === expected.bytes && sha === expected.sha && exit.code === 7,
    )
    const name = `durable: ${Math.round(expected.bytes / 1e6)} MB over five kills, clients with every byte`
    const cuts = seen.map(one => one.cuts).join(", ")
    const row = {
      name,
      measured: whole.length,
      unit: `of ${seen.length}`,
      target: "all",
      note: `cut ${cuts} times`,
    }
    rows.push({ ...row, met: whole.length === seen.length })
  }
  return rows
}

export const durable: Bench = {
  name: "durable",
  async run(report) {
    {
      await using server = await held()
      for (const [name, command] of Object.entries(LOADS)) report(await throughput(server, name, command))
      report(await echo(server))
      report(await ready(server))
      for (const row of await unattended(server)) report(row)
    }
    for (const count of [1, 5, MANY]) report(await memory(count))
    report(await adoption())
    for (const row of await bursts()) report(row)
  },
}
