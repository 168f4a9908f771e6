// Sample session records for tests.

import type { SessionMeta, SessionRecord } from "../../src/store/state/record.ts"

export function record(id: string, patch: Partial<SessionRecord> = {}): SessionRecord {
  return {
    ...{ id, name: `name of ${id}`, tags: ["a", "ü"], owner: null, backend: "terminal" },
    ...{
      argv: ["/bin/sh", "-c", "echo 'x'"],
      cwd: "/",
      size: { cols: 80, rows: 24 },
      createdAt: 1_700_000_000_000,
    },
    ...{
      state: "running" as const,
      exit: null,
      holder: { pid: 12, startTime: 345, bootId: "b" },
      logLimit: 1 << 26,
    },
    ...patch,
  }
}

export function meta(id: string): SessionMeta {
  const env = { PATH: "/bin", SECRET: "hunter2" }
  return { ...record(id), env, echo: true, tty: true, separateStreams: false, title: "", warnings: [] }
}
