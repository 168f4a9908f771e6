// The library: an embedded core, its routes and a client. In Node and browsers, only the client.

export * from "./client/index.ts"
export type { Access } from "./core/access/principal.ts"
export { Dialogue, type DialogueOptions, ExpectError, expect, type Matched } from "./expect/dialogue.ts"
export type { Expected, Script, ScriptPattern, Step } from "./expect/script.ts"
export type { GuardOptions } from "./http/access/guard.ts"
export { createPtyline, type Ptyline, type PtylineOptions } from "./library/ptyline.ts"
export { ptylineRoutes, type RoutesOptions } from "./library/routes.ts"
