import { html } from 'hono/html'
import { type AuthorizationRequest, toParameters } from '../identity-provider/authorization-request.ts'
import type { Person } from '../identity-provider/people.ts'
import { avatar } from './avatar.ts'

export function choosePersonPage(people: readonly Person[], request: AuthorizationRequest) {
  return html`
    <section class="card provider">
      <p class="eyebrow">Demonstration identity provider</p>
      <h1>Who are you today?</h1>
      <p>The example application would like to know who you are. There are no passwords here: choose a person.</p>
      <form method="post" action="/idp/authorize">
        ${Object.entries(toParameters(request)).map(
          ([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`,
        )}
        <ul class="people">
          ${people.map(
            (person) => html`
              <li>
                <button class="person" name="person" value="${person.id}">
                  ${avatar(person.name)}
                  <span><strong>${person.name}</strong><small>${person.known}</small></span>
                </button>
              </li>`,
          )}
        </ul>
        <button class="secondary" name="person" value="">Cancel</button>
      </form>
    </section>`
}
