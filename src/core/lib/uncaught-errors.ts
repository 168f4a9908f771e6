// Uncaught errors of this process.

/** A failure in one place must not end every session. Call it after the start. `onFault` must not throw. */
export function surviveUncaughtErrors(onFault: (error: unknown) => void): void {
  process.on("uncaughtException", onFault)
  process.on("unhandledRejection", onFault)
}
