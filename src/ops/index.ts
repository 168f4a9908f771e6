// The operation table: everything that can be asked of a ptyline, said once.

import { approval, approvals, approve } from "./approvals.ts"
import { revoke, share, shares, token, tokens, unshare } from "./grants.ts"
import { read, wait, write } from "./io.ts"
import { lease } from "./lease.ts"
import type { Operation } from "./operation.ts"
import { recording } from "./recording.ts"
import { run } from "./run.ts"
import { screen } from "./screen.ts"
import { search } from "./search.ts"
import { server, ticket } from "./server.ts"
import { create, end, endAll, get, list, recover, relaunch, resize, signal, update } from "./sessions.ts"

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

/** The table for readers that treat all operations alike. */
export const operations = Object.values(OPERATIONS) as unknown as Operation[]
