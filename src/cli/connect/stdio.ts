// `ptyline __stdio`: the far end of an ssh:// address. Joins stdin and stdout to the socket of this user's server.

import { connect } from "node:net"
import { serverSocket, stateDirectory } from "../../store/state/directory.ts"
import { say } from "../lib/print.ts"
import type { Variables } from "./target.ts"

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
