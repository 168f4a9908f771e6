// The plugins of a server: each entry of the manifest as a supervised program.

import { isAbsolute, join } from "node:path"
import { parseArgsStringToArgv } from "string-argv"
import { portOwner } from "../backends/process/port-owner.ts"
import { marked, terminateTree } from "../backends/process/tree.ts"
import { childEnvironment } from "../core/access/policy.ts"
import { type Plugin, readManifest } from "./manifest.ts"
import { type ServiceInfo, type ServiceStart, Supervised } from "./supervised.ts"

/** How long a plugin has to obey TERM at the server's end, in ms (contract mop 2.7). */
const STOP_GRACE_MS = 5000
/** How long one has that an earlier server left behind. */
const LEFTOVER_GRACE_MS = 1000
/** Tells whose a process is, also after the server that started it was killed. */
const MARK = "PTYLINE_PLUGIN"

export type PluginHost = {
  /** The data directory. */
  data: string
  host: string
  tls: { certPath: string; keyPath: string } | null
  env: Record<string, string | undefined>
}

export type PluginInfo = ServiceInfo & Pick<Plugin, "core" | "port" | "role">

export class Plugins {
  readonly #plugins: { plugin: Plugin; service: Supervised }[]

  /** Reads the manifest. Throws `invalid_input` with its file and field. Nothing runs yet. */
  constructor(host: PluginHost, onEnd: (info: ServiceInfo) => void) {
    this.#plugins = readManifest(host.data).map(plugin => {
      const service = new Supervised(plugin.name, () => planStart(plugin, host))
      service.changed.listen(() => service.info.state === "waiting" && onEnd(service.info))
      return { plugin, service }
    })
  }

  start(): void {
    for (const { service } of this.#plugins) service.start()
  }

  /** TERM, 5 s, KILL, for all at once. */
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

  /** Does every plugin run that the server is not to do without? */
  get ready(): boolean {
    return this.info.every(({ core, state }) => !core || state === "running")
  }
}

async function planStart(plugin: Plugin, { data, host, tls, env }: PluginHost): Promise<ServiceStart> {
  const mark = join(data, "plugins", plugin.name)
  await terminateTree(marked(MARK, mark), LEFTOVER_GRACE_MS)
  const taken = plugin.port === null ? null : portOwner(host, plugin.port)
  if (taken) throw new Error(`port ${plugin.port} is taken: ${taken} listens there`)
  return {
    argv: [...wordsOf(plugin, data, host), ...tlsWords(plugin, tls)],
    cwd: data,
    env: { ...childEnvironment(env, false), [MARK]: mark },
  }
}

/** Placeholders are filled in word by word: what they stand for may contain spaces. */
function wordsOf(plugin: Plugin, data: string, host: string): string[] {
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

const tlsWords = (plugin: Plugin, tls: PluginHost["tls"]): string[] =>
  plugin.ssl && tls ? ["--ssl-certfile", tls.certPath, "--ssl-keyfile", tls.keyPath] : []
