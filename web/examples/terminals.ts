// The example's calls of mrmd's API.

/** Returns a sentence that says why terminals are not available, or null. */
export async function unavailableReason(): Promise<string | null> {
  const { status } = await fetch("/api/terminals")
  if (status === 401) return "Not signed in. Open the address that ptyline serve printed."
  if (status === 404) return "This server was started without mrmd's API. Start it with ptyline serve --mrmd."
  return status === 200 ? null : `The server returned status ${status}.`
}

/** Ends the terminals of a file. Returns their ids. */
export async function closeFile(file: string): Promise<string[]> {
  const response = await fetch("/api/terminals/kill-for-file", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ file_path: file }),
  })
  return ((await response.json()) as { killed: string[] }).killed
}
