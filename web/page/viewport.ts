// Height of the page above a phone's keyboard. The keyboard covers the page, unless the browser supports
// `interactive-widget`. The page takes the visible height, so that the last line and the keys stay visible.

/** Keeps the CSS property --height at the visible height. */
export function followVisibleHeight(): void {
  const viewport = window.visualViewport
  if (!viewport) return
  const apply = () => {
    const zoomed = viewport.scale > 1.01
    document.documentElement.style.setProperty("--height", zoomed ? "100dvh" : `${viewport.height}px`)
    if (!zoomed) scrollTo(0, 0)
  }
  viewport.addEventListener("resize", apply)
  apply()
}
