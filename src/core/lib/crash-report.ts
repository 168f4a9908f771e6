// Faults of our own that nothing caught.

/**
 * From now on such a fault is told, and the process goes on: what went wrong in one place must not end everybody's
 * sessions. For when a start is through. `onFault` must not throw.
 */
export function outlastFaults(onFault: (error: unknown) => void): void {
  process.on("uncaughtException", onFault)
  process.on("unhandledRejection", onFault)
}
