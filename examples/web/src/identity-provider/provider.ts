import type { Identity, SessionStore } from '@sess/core'
import { identityOf, type Person, people } from './people.ts'
import { verifierMatches } from './pkce.ts'

export interface IdentityProvider {
  /** A code for one minute and one use, by whoever has the verifier of the challenge. */
  grant(person: Person, codeChallenge: string): Promise<string>
  /** What the token endpoint would answer: who signed in; null for a code that is unknown, used, too old or another's. */
  redeem(code: string, verifier: string): Promise<Identity | null>
}

/** An identity provider for demonstrations. An authorization code is a one-time state too, so it is kept as one. */
export function createIdentityProvider(store: Pick<SessionStore, 'putState' | 'consumeState'>): IdentityProvider {
  return {
    grant: (person, codeChallenge) => store.putState({ data: { person: person.id, codeChallenge }, ttl: '1m' }),

    async redeem(code, verifier) {
      const granted = await store.consumeState(code)
      if (granted === null || !verifierMatches(verifier, String(granted.data.codeChallenge))) return null
      const person = people.find(({ id }) => id === granted.data.person)
      return person ? identityOf(person) : null
    },
  }
}
