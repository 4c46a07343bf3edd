import { SessionError } from '../contract/errors.ts'
import { idForm, isWellFormedId } from './encoding/session-id.ts'

const collisionTries = 4
/** Far more draws than it takes to find an id that fits. It ends the loop where generateId repeats itself. */
const drawsPerTry = 100_000

/**
 * Calls `attempt` with new ids until it resolves with something else than null.
 * @throws `SESS_COLLISION` after 4 attempts, `SESS_CONFIG` where `generateId` returns no id
 */
export async function withFreshId<T>(
  generateId: () => string,
  attempt: (id: string) => Promise<T | null>,
  isFit: (id: string) => boolean = () => true,
): Promise<T> {
  for (let tries = 0; tries < collisionTries; tries += 1) {
    let id = freshId(generateId)
    for (let draws = 1; draws < drawsPerTry && !isFit(id); draws += 1) id = freshId(generateId)
    const result = isFit(id) ? await attempt(id) : null
    if (result !== null) return result
  }
  throw new SessionError(
    'SESS_COLLISION',
    `${collisionTries} new ids in a row were in use: does generateId return random ids?`,
  )
}

/** Returns a new id. @throws `SESS_CONFIG` where `generateId` returns something else */
export function freshId(generateId: () => string): string {
  const id: unknown = generateId()
  if (typeof id === 'string' && isWellFormedId(id)) return id
  throw new SessionError('SESS_CONFIG', `generateId must return a string of ${idForm}`)
}
