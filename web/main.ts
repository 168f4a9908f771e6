// Entry point of the page: signs in with the token in the address, then shows the page.

import { api } from "./api/api.ts"
import { share, shareIn } from "./api/share.ts"
import { App } from "./page/app.ts"
import { SharedPage } from "./page/share-page.ts"
import { followVisibleHeight } from "./page/viewport.ts"
import { tokenIn } from "./page/welcome.ts"
import { followTheme } from "./ui/settings.ts"
import { toastError } from "./ui/toast.ts"

declare global {
  interface Window {
    /**
     * Reads the open terminal, for tests and automation: its text (a canvas has none in the DOM), the offset
     * up to which output has been parsed, and the state of the connection as text. Changes nothing.
     */
    ptyline: { text(): string; offset(): number; status(): string }
  }
}

followTheme()
followVisibleHeight()
if (!share) await signInByAddress()
const app = share ? new SharedPage(share) : new App()
app.start(document.getElementById("page") ?? document.body)
window.ptyline = {
  text: () => app.report().text,
  offset: () => app.report().offset,
  status: () => app.report().status,
}

// A link with a token that is opened in this tab changes only the fragment. Reload to sign in with it.
addEventListener("hashchange", () => {
  if (location.hash.includes("token=") || share || shareIn(location.hash)) location.reload()
})

/** Exchanges `#token=…` or `#/s/<id>&token=…` for a cookie and removes it from address and history. */
async function signInByAddress(): Promise<void> {
  if (!location.hash.includes("token=")) return
  const token = tokenIn(location.hash)
  const rest = location.hash.replace(/[#&]token=[^&]*/, "")
  history.replaceState(null, "", location.pathname + location.search + rest)
  await api.login(token).catch(toastError)
}
