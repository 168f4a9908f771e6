// Backend "mixed": input from a terminal, stdout and stderr on separate pipes.

import { closeDescriptor, readDescriptor } from "#runtime/descriptors.ts"
import type { Backend, Process, Sink, Spec, Stream } from "../../core/session/backend.ts"
import { osPipe } from "../../runtime/shared/os-pipe.ts"
import type { DescriptorReader } from "../../runtime/types.ts"
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
  readonly outputs: DescriptorReader[] = []

  protected override release(): void {
    for (const output of this.outputs) output.close()
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
    const argv = [...REDIRECT, ...spec.argv]
    const process = new MixedProcess({ ...spec, argv }, { ...sink, end }, { inherited })
    const read = async (descriptor: number, stream: Stream) => {
      const from = readDescriptor(descriptor)
      process.outputs.push(from)
      for (let bytes = await from.read(); bytes; bytes = await from.read()) sink.output(bytes, stream)
      from.close()
      end()
    }
    void read(stdout.reader, "stdout")
    void read(stderr.reader, "stderr")
    return process
  } catch (error) {
    closeDescriptor(stdout.reader)
    closeDescriptor(stderr.reader)
    throw error
  } finally {
    closeDescriptor(stdout.writer)
    closeDescriptor(stderr.writer)
  }
}
