// Uncaught errors of the server itself.

/**
 * Reports uncaught errors instead of ending the process: a failure in one place must not end every session. Call it once
 * the server has started. `onFault` must not throw.
 */
export function outlastFaults(onFault: (error: unknown) => void): void {
  process.on("uncaughtException", onFault)
  process.on("unhandledRejection", onFault)
}
