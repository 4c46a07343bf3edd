import { html } from 'hono/html'

/** A disc with the initials. The name stands beside it, so it is hidden from screen readers. */
export function avatar(name: string) {
  const initials = name
    .split(' ')
    .map((part) => part[0])
    .join('')
  return html`<span class="avatar" aria-hidden="true">${initials}</span>`
}
