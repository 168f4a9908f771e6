// Lets xterm.js draw under a Content-Security-Policy without 'unsafe-inline'.
// xterm.js writes <style> elements and style attributes, which `style-src 'self'` blocks. What scripts do through the
// CSSOM is allowed, and has the same effect: constructed style sheets and `element.style`.

/** Call once, before the first terminal opens. */
export function drawUnderStrictCsp(): void {
  const create = document.createElement.bind(document)
  document.createElement = ((tag: string, options?: ElementCreationOptions) => {
    return tag === "style" ? styleInDisguise(create("template")) : create(tag, options)
  }) as typeof document.createElement
  const setAttribute = Element.prototype.setAttribute
  Element.prototype.setAttribute = function (this: Element, name: string, value: string) {
    if (name === "style" && this instanceof HTMLElement) this.style.cssText = value
    else setAttribute.call(this, name, value)
  }
}

/** An inert element whose text goes into a constructed style sheet. A real <style> violates the policy even when empty. */
function styleInDisguise(element: HTMLElement): HTMLElement {
  const sheet = new CSSStyleSheet()
  document.adoptedStyleSheets.push(sheet)
  const remove = element.remove.bind(element)
  Object.defineProperty(element, "textContent", { set: (text: string) => sheet.replaceSync(text) })
  element.remove = () => {
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter(other => other !== sheet)
    remove()
  }
  return element
}
