// The library's part that runs anywhere: the client. In Node and browsers `ptyline` is this.

export { PtylineError } from "../core/lib/errors.ts"
export type { ClientOptions } from "../http/api/client.ts"
export type { SessionInfo } from "../ops/shapes.ts"
export { type PtylineClient, ptylineClient } from "./client.ts"
export type { ClientEvent, FollowOptions } from "./follow.ts"
