import { html } from 'hono/html'
import type { Visit, VisitSummary } from '../session/visit.ts'
import { counterCard } from './counter.ts'
import { deviceList } from './device-list.ts'
import { sessionCard, welcomeCard } from './session-card.ts'

export interface HomePage {
  /** The browser's session; null before there is one. */
  visit: Visit | null
  /** All live sessions of the person, oldest first. */
  devices: readonly VisitSummary[]
  notice: string | null
  now: number
  /** How many updates the counter's second button sends at once. */
  burst: number
}

export function homePage({ visit, devices, notice, now, burst }: HomePage) {
  return html`
    ${notice && html`<p class="notice" role="status">${notice}</p>`}
    <div class="columns">
      ${visit?.identity ? sessionCard(visit, visit.identity, now) : welcomeCard(visit, now)}
      ${counterCard(visit?.data.count ?? 0, burst)}
    </div>
    ${visit?.identity ? deviceList(devices, visit.data.tag, now) : ''}`
}
