// Workers that start from their TypeScript source.

/** The browser types of a worker lack `ref` and `unref`. */
export type TextWorker = Worker & { ref(): void; unref(): void }

/** Starts a worker through a Blob: a bundler would have to know the name of a worker file. */
export function startWorker<Event>(source: string, onEvent: (event: Event) => void): TextWorker {
  const script = new Bun.Transpiler({ loader: "ts" }).transformSync(source)
  const worker = new Worker(
    URL.createObjectURL(new Blob([script], { type: "text/javascript" })),
  ) as TextWorker
  worker.onmessage = ({ data }: MessageEvent<Event>) => onEvent(data)
  return worker
}
