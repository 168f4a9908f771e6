// A link that shares one session: #/share/<mode>/<session>/<secret>. With it the whole page is about that session alone.

export type Share = { mode: "view" | "control"; id: string; secret: string }

/** What the address shares; null for the page of those whose server it is. The server holds everybody to it, not this page. */
export const share: Share | null = shareIn(location.hash)

export function shareIn(hash: string): Share | null {
  const match = /^#\/share\/(view|control)\/([\w-]+)\/([\w-]+)$/.exec(hash)
  return match && { mode: match[1] as Share["mode"], id: match[2]!, secret: match[3]! }
}
