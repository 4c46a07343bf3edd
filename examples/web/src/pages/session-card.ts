import type { Identity } from '@sess/core'
import { html } from 'hono/html'
import type { AppSession } from '../session/session.ts'
import { avatar } from './avatar.ts'
import { lifetime } from './lifetime.ts'
import { time } from './time.ts'

export function sessionCard(session: AppSession, { username = 'Somebody', email }: Identity, now: number) {
  return html`
    <section class="card session">
      <div class="person-line">
        ${avatar(username)}
        <div><h1>${username}</h1><p>${email}</p></div>
      </div>
      ${facts(session, now)}
      <form method="post" action="/sign-out"><button class="secondary">Sign out</button></form>
    </section>`
}

/** For a browser that is not signed in, with a session of its own or without. */
export function welcomeCard(session: AppSession, now: number) {
  return html`
    <section class="card session">
      <h1>Nobody is signed in here</h1>
      ${facts(session, now) ?? tour}
      <form method="post" action="/sign-in"><button>Sign in</button></form>
    </section>`
}

const tour = html`
  <ol class="tour">
    <li>Count a little: the browser gets a session, though nobody is signed in.</li>
    <li>Sign in: the session gets a new id, and the count comes along.</li>
    <li>Sign in with a second browser, and end one session from the other.</li>
    <li>Restart this program: you are still signed in, unless the store is in memory.</li>
  </ol>`

/** Undefined where nothing is stored yet. */
function facts({ createdAt, expiresAt, deadline }: AppSession, now: number) {
  if (createdAt === null || expiresAt === null) return undefined
  return html`
    <dl class="facts">
      <div class="began"><dt>This session began</dt><dd>${time(createdAt, now)}</dd></div>
      <div class="idle"><dt>Ends if unused</dt><dd>${time(expiresAt, now)}</dd></div>
      ${deadline && html`<div class="latest"><dt>Ends at the latest</dt><dd>${time(deadline, now)}</dd></div>`}
    </dl>
    ${lifetime({ createdAt, expiresAt, deadline }, now)}`
}
