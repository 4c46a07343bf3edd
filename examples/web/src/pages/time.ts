import { html } from 'hono/html'

const relative = new Intl.RelativeTimeFormat('en', { numeric: 'always' })
const units = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
] as const

/** `2 hours ago`, `in 59 minutes`; below half a minute, `just now`. */
export function relativeTime(then: Date, now: number): string {
  const ms = then.getTime() - now
  const minutes = Math.round(ms / 60_000) * 60_000
  const [unit, size] = units.find(([, unitMs]) => Math.abs(minutes) >= unitMs) ?? [null, 0]
  return unit === null ? 'just now' : relative.format(Math.trunc(minutes / size), unit)
}

/** The relative time for people, the exact one for programs. */
export function time(then: Date, now: number) {
  return html`<time datetime="${then.toISOString()}">${relativeTime(then, now)}</time>`
}
