// The reason why a socket could not be opened. Browsers hide it from a page, so an ordinary request is sent.

export type ProbeResult = "fine" | "unreachable" | "gone" | "signed-out"

/** Requests `url` and tells from the response's status why a socket failed. */
export const probe = (url: string, headers: Record<string, string> = {}): Promise<ProbeResult> =>
  fetch(url, { headers }).then(
    ({ status }) => resultOf(status),
    () => "unreachable",
  )

/** `status` of the response; 0 without a response. */
export function resultOf(status: number): ProbeResult {
  if (status === 401) return "signed-out"
  if (status === 404) return "gone"
  return status === 0 ? "unreachable" : "fine"
}
