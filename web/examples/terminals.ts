// The two calls of mrmd's API that the example makes.

/** Why there can be no terminals here, in a sentence; null when there can. */
export async function unavailableReason(): Promise<string | null> {
  const { status } = await fetch("/api/terminals")
  if (status === 401)
    return "Open the address that ptyline serve has printed first: it signs this browser in."
  if (status === 404) return "This server was started without mrmd's paths: ptyline serve --mrmd has them."
  return status === 200 ? null : `The server answered ${status}.`
}

/** Ends the terminals of a file; answers their ids. */
export async function closeFile(file: string): Promise<string[]> {
  const response = await fetch("/api/terminals/kill-for-file", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ file_path: file }),
  })
  return ((await response.json()) as { killed: string[] }).killed
}
