// The portable part of the library: the client. In Node and browsers, `ptyline` resolves to this file.

export { PtylineError } from "../core/lib/errors.ts"
export type { ClientOptions } from "../http/api/client.ts"
export type { SessionInfo } from "../ops/shapes.ts"
export { type PtylineClient, ptylineClient } from "./client.ts"
export type { ClientEvent, FollowOptions } from "./follow.ts"
