// The operation table: every request that a server answers, declared once.

import { approval, approvals, approve } from "./access/approvals.ts"
import { revoke, share, shares, token, tokens, unshare } from "./access/grants.ts"
import { server, ticket } from "./access/server.ts"
import type { Operation } from "./operation.ts"
import { recording } from "./output/recording.ts"
import { screen } from "./output/screen.ts"
import { search } from "./output/search.ts"
import { read, wait, write } from "./sessions/io.ts"
import { lease } from "./sessions/lease.ts"
import { run } from "./sessions/run.ts"
import {
  create,
  end,
  endAll,
  get,
  list,
  recover,
  relaunch,
  resize,
  signal,
  update,
} from "./sessions/sessions.ts"

export const OPERATIONS = {
  create,
  list,
  get,
  update,
  end,
  end_all: endAll,
  relaunch,
  recover,
  write,
  read,
  wait,
  run,
  resize,
  signal,
  lease,
  share,
  shares,
  unshare,
  token,
  tokens,
  revoke,
  approvals,
  approval,
  approve,
  screen,
  search,
  recording,
  server,
  ticket,
} as const

export type OperationName = keyof typeof OPERATIONS

/** The table as a list, for code that treats all operations alike. */
export const operations = Object.values(OPERATIONS) as unknown as Operation[]
