import { html } from 'hono/html'

interface Times {
  createdAt: Date
  expiresAt: Date
  deadline: Date | null
}

/** A bar from the session's beginning to its absolute limit: what is past, and how far it reaches without a request. */
export function lifetime({ createdAt, expiresAt, deadline }: Times, now: number) {
  if (deadline === null) return ''
  const begin = createdAt.getTime()
  const percent = (instant: number) =>
    Math.max(0, Math.min(100, (100 * (instant - begin)) / (deadline.getTime() - begin)))
  return html`
    <svg class="lifetime" viewBox="0 0 100 3" preserveAspectRatio="none" aria-hidden="true" focusable="false">
      <rect class="lifetime-all" width="100" height="3"/>
      <rect class="lifetime-idle" width="${percent(expiresAt.getTime())}" height="3"/>
      <rect class="lifetime-past" width="${percent(now)}" height="3"/>
    </svg>`
}
