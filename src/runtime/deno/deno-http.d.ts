// The parts of the `Deno` global that servers, clients and the program itself use.

declare namespace Deno {
  const version: { deno: string }
  const build: { standalone: boolean }

  type ServePlace =
    | { path: string }
    | { hostname: string; port: number; reusePort: boolean; cert?: string; key?: string }
  type Address = { hostname: string; port: number } | { path: string }
  type ServeInfo = { remoteAddr: Address }
  function serve(
    options: ServePlace & { signal: AbortSignal; onListen(): void; onError(error: unknown): Response },
    handler: (request: Request, info: ServeInfo) => Response | Promise<Response>,
  ): { addr: Address; finished: Promise<void> }
  function upgradeWebSocket(
    request: Request,
    options: { idleTimeout: number; protocol?: string },
  ): { socket: WebSocket; response: Response }

  type HttpClient = { close(): void }
  function createHttpClient(options: {
    proxy: { transport: "unix"; path: string }
    allowHost: boolean
  }): HttpClient
}
