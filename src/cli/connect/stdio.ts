// `ptyline __stdio`: the remote end of an ssh:// address. Connects stdin and stdout to this user's server.

import { connect } from "node:net"
import { serverSocket, stateDirectory } from "../../store/state/directory.ts"
import type { Variables } from "../lib/flags.ts"
import { say } from "../lib/print.ts"

const UNREACHABLE = 4

/** Resolves with the exit code when either side has ended. */
export function joinSocket(env: Variables): Promise<number> {
  const directory = stateDirectory(env)
  return new Promise(resolve => {
    const socket = connect(serverSocket(directory))
    socket.on("error", () => {
      say(`no server runs for ${directory} there; start one with: ptyline serve`)
      resolve(UNREACHABLE)
    })
    socket.on("connect", () => {
      process.stdin.pipe(socket)
      socket.pipe(process.stdout)
    })
    socket.on("close", () => resolve(0))
    process.stdout.on("error", () => socket.destroy())
  })
}
