// A phone's keyboard covers the page instead of shrinking it, except where the browser obeys `interactive-widget`. The
// page is made as tall as what can be seen, so that the terminal's last line and the bar of keys stay above it.

/** Keeps the property --height at the height that can be seen. */
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
