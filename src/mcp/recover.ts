// pty_recover: a tmux session whose server was restarted (contract pty-mcp, 3.9).

import { ToolError } from "./failure.ts"
import { liveNamed } from "./names.ts"
import type { Answer, Call } from "./tool.ts"

export function recover({ desk, args, owner }: Call): Answer {
  const name = args.required("name")
  if (!owner?.trim()) throw new ToolError("owner is required for pty_recover")
  if (liveNamed(desk, name, owner).length > 0) throw new ToolError("session is already live", name)
  throw new ToolError("no recoverable session", name)
}
