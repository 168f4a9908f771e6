// Workers that start from their TypeScript source.

/** The browser types of a worker lack `ref` and `unref`. */
export type TextWorker = Worker & { ref(): void; unref(): void }

/** Starts a worker from a Blob, because a bundler must know a worker file by name. */
export function startWorker<Event>(source: string, onEvent: (event: Event) => void): TextWorker {
  const script = new Bun.Transpiler({ loader: "ts" }).transformSync(source)
  const worker = new Worker(
    URL.createObjectURL(new Blob([script], { type: "text/javascript" })),
  ) as TextWorker
  worker.onmessage = ({ data }: MessageEvent<Event>) => onEvent(data)
  return worker
}
