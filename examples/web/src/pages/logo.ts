import { readFileSync } from 'node:fs'
import { raw } from 'hono/html'

/** A cookie with a bite taken out and a keyhole in it. */
export const logo = raw(readFileSync(new URL('icon.svg', import.meta.url), 'utf8').trim())
