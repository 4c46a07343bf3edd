import { html } from 'hono/html'
import type { AppDevice, AppSession } from '../session/session.ts'
import { counterCard } from './counter.ts'
import { deviceList } from './device-list.ts'
import { sessionCard, welcomeCard } from './session-card.ts'

export interface HomePage {
  session: AppSession
  /** All live sessions of the person, oldest first. */
  devices: readonly AppDevice[]
  notice: string | null
  now: number
  /** How many updates the counter's second button sends at once. */
  burst: number
}

export function homePage({ session, devices, notice, now, burst }: HomePage) {
  return html`
    ${notice && html`<p class="notice" role="status">${notice}</p>`}
    <div class="columns">
      ${session.identity ? sessionCard(session, session.identity, now) : welcomeCard(session, now)}
      ${counterCard(session.data.count, burst)}
    </div>
    ${session.identity ? deviceList(devices, now) : ''}`
}
