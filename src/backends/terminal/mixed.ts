// Backend "mixed": input from a terminal, stdout and stderr on separate pipes.

import { closeSync } from "node:fs"
import type { Backend, Process, Sink, Spec, Stream } from "../../core/session/backend.ts"
import { drain, osPipe } from "../pipe/os-pipe.ts"
import { TerminalProcess, terminalBackend } from "./backend.ts"

/** Runs the program of the following words with descriptors 3 and 4 as stdout and stderr. */
const REDIRECT = ["/bin/sh", "-c", 'exec "$@" >&3 2>&4 3>&- 4>&-', "sh"]

/** Output to the terminal itself, such as a password prompt, is in the merged log only. */
export const mixedBackend: Backend = {
  kind: "mixed",
  tty: true,
  separateStreams: true,
  unavailable: terminalBackend.unavailable,
  spawn: spawnMixed,
}

class MixedProcess extends TerminalProcess {
  /** Stops reading the pipes. */
  readonly stop = new AbortController()

  protected override release(): void {
    this.stop.abort()
    super.release()
  }
}

function spawnMixed(spec: Spec, sink: Sink): Process {
  let sources = 3
  const end = () => {
    sources--
    if (sources === 0) sink.end()
  }
  const [stdout, stderr] = [osPipe(), osPipe()]
  try {
    const inherited = [stdout.writer, stderr.writer]
    const process = new MixedProcess(
      { ...spec, argv: [...REDIRECT, ...spec.argv] },
      { ...sink, end },
      { inherited },
    )
    const read = async (reader: number, stream: Stream) => {
      await drain(reader, process.stop.signal, bytes => sink.output(bytes, stream))
      end()
    }
    void read(stdout.reader, "stdout")
    void read(stderr.reader, "stderr")
    return process
  } catch (error) {
    closeSync(stdout.reader)
    closeSync(stderr.reader)
    throw error
  } finally {
    closeSync(stdout.writer)
    closeSync(stderr.writer)
  }
}
