// What a server mounts: the protocol over HTTP, and the socket by which a `ptyline mcp` on stdio works on this server's core.

import { Wake } from "../../core/lib/wake.ts"
import { fixtureServer } from "../fixtures/server.ts"
import { McpClient, type McpClientOptions } from "../session/client.ts"
import { type McpVariables, settingsOf } from "../session/settings.ts"
import { BridgeHandler } from "./connection.ts"
import { McpHttp } from "./http.ts"
import { protocolServer } from "./server.ts"

export class McpSurface {
  readonly http: McpHttp
  /** Fires when a bridge comes or has gone with all that was its caller's. */
  readonly changed = new Wake()
  #options: Omit<McpClientOptions, "settings">
  #bridges = 0

  /** `env` says how the tools behave over HTTP; who comes through a bridge brings its own. `fixtures`: for the conformance suite. */
  constructor(options: Omit<McpClientOptions, "settings">, env: McpVariables, fixtures = false) {
    this.#options = options
    this.http = new McpHttp(
      new McpClient({ ...options, settings: settingsOf(env) }),
      fixtures ? fixtureServer : protocolServer,
    )
  }

  bridge(trusted: boolean): BridgeHandler {
    this.#count(1)
    return new BridgeHandler(this.#options, trusted, () => this.#count(-1))
  }

  /** Callers through bridges that are not gone yet. */
  get bridges(): number {
    return this.#bridges
  }

  #count(change: number): void {
    this.#bridges += change
    this.changed.fire()
  }

  close(): Promise<void> {
    return this.http.close()
  }
}
