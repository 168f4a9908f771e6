// The page's composition root: signs in with the address's token, then shows the page.

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
     * Reads the open terminal, for tests and automation: its text (a canvas has none in the DOM), the offset up to
     * which output has been parsed, and the state of the line in words. It changes nothing.
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

// A link with a token opened in this tab changes the fragment only: the page then begins anew, and signs in with it.
addEventListener("hashchange", () => {
  if (location.hash.includes("token=") || share || shareIn(location.hash)) location.reload()
})

/** Trades `#token=…`, or `#/s/<id>&token=…`, for a cookie and takes it out of the address and the history. */
async function signInByAddress(): Promise<void> {
  if (!location.hash.includes("token=")) return
  const token = tokenIn(location.hash)
  const place = location.hash.replace(/[#&]token=[^&]*/, "")
  history.replaceState(null, "", location.pathname + location.search + place)
  await api.login(token).catch(toastError)
}
