// What a server mounts: the protocol over HTTP, and the socket by which a `ptyline mcp` on stdio works on this server's core.

import { BridgeHandler } from "./connection.ts"
import { Desk, type DeskOptions } from "./desk.ts"
import { McpHttp } from "./http.ts"
import { type Env, settingsOf } from "./settings.ts"

export class McpSurface {
  readonly http: McpHttp
  #options: Omit<DeskOptions, "settings">

  /** `env` says how the tools behave over HTTP; who comes through a bridge brings its own. */
  constructor(options: Omit<DeskOptions, "settings">, env: Env) {
    this.#options = options
    this.http = new McpHttp(new Desk({ ...options, settings: settingsOf(env) }))
  }

  bridge(trusted: boolean): BridgeHandler {
    return new BridgeHandler(this.#options, trusted)
  }

  close(): Promise<void> {
    return this.http.close()
  }
}
