// The MCP surface of a server: MCP over HTTP, and the bridge that connects `ptyline mcp` processes.

import { Wake } from "../../core/lib/wake.ts"
import { fixtureServer } from "../fixtures/server.ts"
import { McpClient, type McpClientOptions } from "../session/client.ts"
import { type McpVariables, settingsOf } from "../session/settings.ts"
import { BridgeHandler } from "./connection.ts"
import { McpHttp } from "./http.ts"
import { protocolServer } from "./server.ts"

export class McpSurface {
  readonly http: McpHttp
  /** Fires when a bridge opens, and when one has closed and its caller's sessions are gone. */
  readonly changed = new Wake()
  #options: Omit<McpClientOptions, "settings">
  #bridges = 0

  /** `env`: settings for HTTP callers; a bridge brings its own. `fixtures` adds the conformance suite's. */
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

  /** The number of bridges that are open or whose caller's sessions still end. */
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
