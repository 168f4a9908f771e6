// Share links: #/share/<mode>/<session>/<secret>. Under such an address the page shows only that session.

export type ShareLink = { mode: "view" | "control"; id: string; secret: string }

/** The share in the address, or null for the full page. The server enforces the share's limits. */
export const share: ShareLink | null = shareIn(location.hash)

export function shareIn(hash: string): ShareLink | null {
  const match = /^#\/share\/(view|control)\/([\w-]+)\/([\w-]+)$/.exec(hash)
  return match && { mode: match[1] as ShareLink["mode"], id: match[2]!, secret: match[3]! }
}
