// A server's plugins: each entry of the manifest as a supervised program.

import { isAbsolute, join } from "node:path"
import { parseArgsStringToArgv } from "string-argv"
import { portOwner } from "../backends/process/port-owner.ts"
import { marked, terminateTree } from "../backends/process/tree.ts"
import { childEnvironment } from "../core/access/policy.ts"
import { type Plugin, readManifest } from "./manifest.ts"
import { type ServiceInfo, type ServiceStart, Supervised } from "./supervised.ts"

/** Time between TERM and KILL when the server stops, in ms (contract mop 2.7). */
const STOP_GRACE_MS = 5000
/** The same for a plugin of an earlier server. */
const LEFTOVER_GRACE_MS = 1000
/** Identifies a plugin's processes, even after its server was killed. */
const MARK_VARIABLE = "PTYLINE_PLUGIN"

type PluginHost = {
  data: string
  host: string
  tls: { certPath: string; keyPath: string } | null
  env: Record<string, string | undefined>
}

type PluginInfo = ServiceInfo & Pick<Plugin, "core" | "port" | "role">

export class Plugins {
  readonly #plugins: { plugin: Plugin; service: Supervised }[]

  /** Reads the manifest without starting anything. Throws `invalid_input` with the file and the field. */
  constructor(host: PluginHost, onEnd: (info: ServiceInfo) => void) {
    this.#plugins = readManifest(host.data).map(plugin => ({
      plugin,
      service: new Supervised(plugin.name, () => planStart(plugin, host), onEnd),
    }))
  }

  start(): void {
    for (const { service } of this.#plugins) service.start()
  }

  /** Stops all plugins at once: TERM and, after 5 s, KILL. */
  async stop(): Promise<void> {
    await Promise.all(this.#plugins.map(({ service }) => service.stop(STOP_GRACE_MS)))
  }

  get info(): PluginInfo[] {
    return this.#plugins.map(({ plugin: { core, port, role }, service }) => ({
      ...service.info,
      core,
      port,
      role,
    }))
  }

  /** True if every core plugin is running. */
  get ready(): boolean {
    return this.info.every(({ core, state }) => !core || state === "running")
  }
}

async function planStart(plugin: Plugin, { data, host, tls, env }: PluginHost): Promise<ServiceStart> {
  const mark = join(data, "plugins", plugin.name)
  await terminateTree(marked(MARK_VARIABLE, mark), LEFTOVER_GRACE_MS)
  const owner = plugin.port === null ? null : portOwner(host, plugin.port)
  if (owner) throw new Error(`port ${plugin.port} is in use by ${owner}`)
  return {
    argv: [...pluginArgv(plugin, data, host), ...tlsFlags(plugin, tls)],
    cwd: data,
    env: { ...childEnvironment(env, false), [MARK_VARIABLE]: mark },
  }
}

/** Replaces placeholders in each argument separately, because their values may contain spaces. */
function pluginArgv(plugin: Plugin, data: string, host: string): string[] {
  const location = plugin.location.replaceAll("{MOPPY}", data)
  const values: Record<string, string> = {
    location: isAbsolute(location) ? location : join(data, location),
    port: String(plugin.port ?? ""),
    host,
    MOPPY: data,
  }
  const fill = (word: string) => word.replace(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole)
  return parseArgsStringToArgv(plugin.runtime).map(fill)
}

const tlsFlags = (plugin: Plugin, tls: PluginHost["tls"]): string[] =>
  plugin.ssl && tls ? ["--ssl-certfile", tls.certPath, "--ssl-keyfile", tls.keyPath] : []
