// The system time of a test: Date with a fixed time.

const RealDate = globalThis.Date

/** Stops the clock of `Date` at a time, in ms since 1970 or as a date; without one, the real time is back. */
export function setSystemTime(time?: number | Date): void {
  globalThis.Date = time === undefined ? RealDate : stoppedAt(Number(time))
}

function stoppedAt(now: number): DateConstructor {
  return new Proxy(RealDate, {
    construct: (target, values) =>
      values.length === 0 ? new target(now) : Reflect.construct(target, values),
    get: (target, key) => (key === "now" ? () => now : Reflect.get(target, key)),
  })
}
