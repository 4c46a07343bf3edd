import { closestName } from '../config/closest-name.ts'
import { SessionError } from '../contract/errors.ts'
import { type FirstPartyStore, firstPartyStores } from './first-party.ts'
import { isTypeName, registeredStores } from './registry.ts'

/** The `SESS_UNKNOWN_STORE` for a type that nothing has registered: what there is, and what to install. */
export function unknownType(type: string): SessionError {
  const candidates = [...registeredStores(), ...firstPartyStores.flatMap((store) => [store.type, ...store.schemes])]
  const guess = candidates.includes(type) ? undefined : closestName(type, candidates)
  const store = firstPartyStores.find(
    (store) => store.type === (guess ?? type) || store.schemes.includes(guess ?? type),
  )
  // A text that is no name may be a URL with its password, put in the wrong place.
  const subject = isTypeName(type)
    ? `No store of type '${type}' is registered`
    : 'No store of the given type is registered'
  return unknown(subject, store, store?.type === type ? undefined : (store?.type ?? guess))
}

/** The `SESS_UNKNOWN_STORE` for a URL whose scheme nothing has registered. */
export function unknownScheme(scheme: string, url: string): SessionError {
  const lower = scheme.toLowerCase()
  const exact = firstPartyStores.find((store) => store.schemes.includes(lower))
  const guess = exact
    ? undefined
    : closestName(
        lower,
        firstPartyStores.flatMap((store) => store.schemes),
      )
  const store = exact ?? firstPartyStores.find((store) => guess !== undefined && store.schemes.includes(guess))
  // 'user:password@host' has a scheme too: only what can't be a user's name is shown.
  const isShown = exact !== undefined || url.startsWith('//', scheme.length + 1)
  const subject = `No store is registered for ${isShown ? `'${lower}:' URLs` : "the URL's scheme"}`
  return unknown(subject, store, guess && `${guess}:`)
}

function unknown(subject: string, store: FirstPartyStore | undefined, guess: string | undefined): SessionError {
  const isMissing = store !== undefined && !registeredStores().includes(store.type)
  const sentences = [
    `${subject}.`,
    guess && `Did you mean '${guess}'?`,
    isMissing && installation(store),
    `Registered: ${registeredStores().join(', ') || 'none'}.`,
  ]
  return new SessionError('SESS_UNKNOWN_STORE', sentences.filter(Boolean).join(' '))
}

function installation(store: FirstPartyStore): string {
  const packages = store.driver ? `${store.package} ${store.driver}` : store.package
  return `Install it with \`npm install ${packages}\` and load it with \`import '${store.package}'\`.`
}
