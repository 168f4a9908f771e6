// Menus of a button, on the native popover. A click outside or Escape closes them.

import { h, listen, type Props } from "./dom.ts"
import { type IconName, icon } from "./icons.ts"

export type MenuItem = {
  label: string
  icon?: IconName
  hint?: string
  danger?: boolean
  testid?: string
  run: () => void
}
export type MenuGroup = { title?: string; compact?: boolean; items: MenuItem[] }

/** Opens a menu below or above the button and focuses the first item. */
export function openMenu(button: HTMLElement, label: string, groups: MenuGroup[]): void {
  const menu = h("div", {
    class: "menu",
    role: "menu",
    "aria-label": label,
    popover: "auto",
    "data-testid": "menu",
  })
  menu.append(...groups.map(group => groupElement(group, () => menu.hidePopover())))
  document.body.append(menu)
  listen(menu, "toggle", (event: ToggleEvent) => event.newState === "closed" && closeMenu(menu, button))
  listen(menu, "keydown", (event: KeyboardEvent) => step(menu, event))
  button.setAttribute("aria-expanded", "true")
  menu.showPopover()
  place(menu, button.getBoundingClientRect())
  items(menu)[0]?.focus()
}

function closeMenu(menu: HTMLElement, button: HTMLElement): void {
  const hadFocus = menu.contains(document.activeElement) || document.activeElement === document.body
  menu.remove()
  button.setAttribute("aria-expanded", "false")
  if (hadFocus) button.focus()
}

function groupElement(group: MenuGroup, close: () => void): HTMLElement {
  const props: Props = {
    class: group.compact ? "group compact" : "group",
    role: "group",
    "aria-label": group.title,
  }
  const title = group.title ? h("p", { class: "menu-title", "aria-hidden": "true" }, group.title) : null
  return h("div", props, title, ...group.items.map(item => itemElement(item, close)))
}

function itemElement(item: MenuItem, close: () => void): HTMLElement {
  const run = () => {
    close()
    item.run()
  }
  return h(
    "button",
    {
      role: "menuitem",
      class: item.danger ? "danger-text" : false,
      "data-testid": item.testid,
      onclick: run,
    },
    item.icon ? icon(item.icon) : null,
    h("span", {}, item.label),
    item.hint ? h("kbd", {}, item.hint) : null,
  )
}

const items = (menu: HTMLElement) => [...menu.querySelectorAll<HTMLElement>("[role=menuitem]")]

function step(menu: HTMLElement, event: KeyboardEvent): void {
  const all = items(menu)
  const at = all.indexOf(document.activeElement as HTMLElement)
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key]
  if (to === undefined) return
  event.preventDefault()
  all.at(to % all.length)?.focus()
}

function place(menu: HTMLElement, anchor: DOMRect): void {
  const { offsetWidth: width, offsetHeight: height } = menu
  const below = anchor.bottom + 6
  const top = below + height < innerHeight ? below : Math.max(8, anchor.top - height - 6)
  menu.style.left = `${Math.max(8, Math.min(anchor.right - width, innerWidth - width - 8))}px`
  menu.style.top = `${top}px`
}
