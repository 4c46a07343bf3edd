import { SessionError, type SessionStore } from '@sess/core'

export interface SecondaryStorageOptions {
  /**
   * Keeps two applications of Better Auth in one store apart, and is the `providerId` under which the store's own lists have
   * the users. Left out: `'better-auth'`.
   */
  namespace?: string
  /** Now, in epoch ms, where the store has a clock of its own. Left out: `Date.now`. */
  now?: () => number
}

/** What every part works with. */
export interface Settings {
  readonly store: SessionStore
  readonly namespace: string
  readonly now: () => number
}

const needed = ['create', 'update', 'identityIndex'] as const

/** @throws `SESS_CONFIG` with every problem of the options, `SESS_UNSUPPORTED` for a store that lacks what this needs */
export function settingsOf(store: SessionStore, options: SecondaryStorageOptions): Settings {
  if (typeof store?.load !== 'function' || typeof store.capabilities !== 'object') {
    throw new SessionError('SESS_CONFIG', 'store: must be a SessionStore of sess, such as memoryStore()')
  }
  if (typeof options !== 'object' || options === null) throw badOptions(['options: must be an object'])
  const { namespace = 'better-auth', now = Date.now, ...unknown } = options
  const problems = Object.keys(unknown).map((name) => `${name.slice(0, 32)}: there is no such option`)
  if (typeof namespace !== 'string' || !/^[\w.:-]{1,64}$/.test(namespace)) {
    problems.push('namespace: must be 1 to 64 letters, digits and any of _ . : -')
  }
  if (typeof now !== 'function') problems.push('now: must be a function')
  if (problems.length > 0) throw badOptions(problems)
  for (const name of needed) {
    if (!store.capabilities[name]) throw new SessionError('SESS_UNSUPPORTED', `this store has no ${name}`)
  }
  return { store, namespace, now }
}

function badOptions(problems: readonly string[]): SessionError {
  return new SessionError('SESS_CONFIG', `Bad options:${problems.map((problem) => `\n- ${problem}`).join('')}`)
}
