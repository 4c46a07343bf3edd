import { SessionError } from '../contract/errors.ts'
import { idForm, isWellFormedId } from './encoding/session-id.ts'

const collisionTries = 4
/** Far more ids than it takes to find one that fits; a source of ids that runs in circles ends here. */
const drawsPerTry = 100_000

/**
 * Tries fresh ids until `attempt` gives other than null.
 * @throws `SESS_COLLISION` after a few, `SESS_CONFIG` for a `generateId` that gives no id
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
    `the ids of ${collisionTries} tries are all in use: is the source of ids random?`,
  )
}

/** @throws `SESS_CONFIG` where the application's source of ids gives no id */
export function freshId(generateId: () => string): string {
  const id: unknown = generateId()
  if (typeof id === 'string' && isWellFormedId(id)) return id
  throw new SessionError('SESS_CONFIG', `generateId must return a string of ${idForm}`)
}
