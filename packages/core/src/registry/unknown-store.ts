import { closestName } from '../config/closest-name.ts'
import { SessionError } from '../contract/errors.ts'
import { type FirstPartyStore, firstPartyStores } from './first-party.ts'
import { isTypeName, registeredStores } from './registry.ts'

/** Makes the `SESS_UNKNOWN_STORE` for a type that is not registered. It names the registered types and the package to install. */
export function unknownType(type: string): SessionError {
  const candidates = [...registeredStores(), ...firstPartyStores.flatMap((store) => [store.type, ...store.schemes])]
  const guess = candidates.includes(type) ? undefined : closestName(type, candidates)
  const store = firstPartyStores.find(
    (store) => store.type === (guess ?? type) || store.schemes.includes(guess ?? type),
  )
  // A string that is not a name may be a URL with a password in the wrong field.
  const subject = isTypeName(type)
    ? `No store of type '${type}' is registered`
    : 'No store of the given type is registered'
  return unknown(subject, store, store?.type === type ? undefined : (store?.type ?? guess))
}

/** Makes the `SESS_UNKNOWN_STORE` for a URL whose scheme is not registered. */
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
  // 'user:password@host' looks like a scheme too, so a scheme is shown only where it cannot be a user's name.
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
