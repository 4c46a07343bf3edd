import { createHash } from 'node:crypto'

/** The ids that the contract takes. */
const taken = /^[A-Za-z0-9._~:+/=@-]{1,512}$/
/** What the ids begin with that are made here. */
const mark = '~sid-sha256:'

/**
 * The id in the store of a framework's sid. Applications make sids of any form (`genid`, `idGenerator`), so those that the
 * contract does not take have a hash instead. A sid that looks like such an id gets a hash too: no two sids share an id.
 */
export function idOf(sid: string): string {
  if (sid.length <= 512 && taken.test(sid) && !sid.startsWith(mark)) return sid
  // Not UTF-8, in which all lone surrogates are the same.
  return mark + createHash('sha256').update(sid, 'utf16le').digest('base64url')
}
