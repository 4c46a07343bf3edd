/** What is known of a session of Better Auth from the value that it is stored as. */
export interface AuthSession {
  readonly userId: string
  readonly createdAt: Date | null
}

/** The session that a value is; null for any other value. Better Auth stores a session as `{ session, user }`. */
export function authSessionOf(value: string): AuthSession | null {
  if (!value.startsWith('{')) return null
  let parsed: { session?: unknown; user?: unknown }
  try {
    parsed = JSON.parse(value)
  } catch {
    return null
  }
  const { session } = parsed
  if (!('user' in parsed) || typeof session !== 'object' || session === null) return null
  const { userId, createdAt } = session as { userId?: unknown; createdAt?: unknown }
  if (typeof userId !== 'string' || userId === '') return null
  const created = new Date(String(createdAt))
  return { userId, createdAt: Number.isNaN(created.getTime()) ? null : created }
}
