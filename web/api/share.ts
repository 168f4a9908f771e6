// A link that shares one session: #/share/<mode>/<session>/<secret>. With it the whole page is about that session alone.

export type ShareLink = { mode: "view" | "control"; id: string; secret: string }

/** What the address shares; null for the page of those whose server it is. The server holds everybody to it, not this page. */
export const share: ShareLink | null = shareIn(location.hash)

export function shareIn(hash: string): ShareLink | null {
  const match = /^#\/share\/(view|control)\/([\w-]+)\/([\w-]+)$/.exec(hash)
  return match && { mode: match[1] as ShareLink["mode"], id: match[2]!, secret: match[3]! }
}
