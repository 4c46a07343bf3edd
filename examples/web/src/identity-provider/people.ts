import type { Identity } from '@sess/core'

export interface Person {
  readonly id: string
  readonly name: string
  readonly email: string
  readonly known: string
}

/** Who can sign in. There are no passwords: this provider is for looking at. */
export const people: readonly Person[] = [
  { id: 'ada', name: 'Ada Lovelace', email: 'ada@example.org', known: 'First published program, 1843' },
  { id: 'grace', name: 'Grace Hopper', email: 'grace@example.org', known: 'First compiler, 1952' },
  {
    id: 'katherine',
    name: 'Katherine Johnson',
    email: 'katherine@example.org',
    known: 'Orbits for Friendship 7, 1962',
  },
]

/** What the provider tells an application about a person. */
export function identityOf({ id, name, email }: Person): Identity {
  return { providerId: 'demo', externalId: id, username: name, email, attributes: {} }
}
