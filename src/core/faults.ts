// Faults of our own that nothing caught.

/**
 * From now on such a fault is told, and the process goes on: what went wrong in one place must not end everybody's
 * sessions. Not before a start is through, which such a fault has to end. `onFault` must not throw.
 */
export function outlastFaults(onFault: (error: unknown) => void): void {
  process.on("uncaughtException", onFault)
  process.on("unhandledRejection", onFault)
}
