// Workers, from Bun. A bundler must know a worker file by name, so this starts the script's text.

import type { ScriptWorker, StartWorker } from "../types.ts"

/** The script has no access to `#runtime`: its functions of native libraries are Bun's own. */
const FFI = ["#runtime/ffi.ts", "bun:ffi"] as const

export const startWorker: StartWorker = <Event>(
  { source }: { source: string },
  onEvent: (event: Event) => void,
) => {
  const script = new Bun.Transpiler({ loader: "ts" }).transformSync(source.replace(...FFI))
  const worker = new Worker(URL.createObjectURL(new Blob([script], { type: "text/javascript" })))
  worker.onmessage = ({ data }: MessageEvent<Event>) => onEvent(data)
  return worker as Worker & ScriptWorker
}
