// Workers, from Deno: a module worker loads the script from its address.

import type { ScriptWorker, StartWorker } from "../types.ts"

export const startWorker: StartWorker = <Event>(
  { url }: { url: string },
  onEvent: (event: Event) => void,
) => {
  const worker = new Worker(url, { type: "module" })
  worker.onmessage = ({ data }: MessageEvent<Event>) => onEvent(data)
  // a worker of Deno always keeps the process running; the program ends with process.exit
  return Object.assign(worker, { ref: () => {}, unref: () => {} }) as Worker & ScriptWorker
}
