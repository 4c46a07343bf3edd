import type { Context } from 'hono'
import { createMiddleware } from 'hono/factory'

/** One line for each request. The path alone: a query can hold a state and a code. */
export function requestLog(log: (line: string) => void) {
  return createMiddleware(async (c, next) => {
    const begin = performance.now()
    await next()
    log(`${c.req.method} ${pathOf(c)} ${c.res.status} ${(performance.now() - begin).toFixed(1)} ms`)
  })
}

/** The path as it was sent, with what is percent-encoded in it. */
export function pathOf(c: Context): string {
  return new URL(c.req.url).pathname
}

/** Writes each text as one line, whatever is in it: nothing that a client sends begins a line, or moves the cursor. */
export function logLines(write: (line: string) => void): (text: string) => void {
  return (text) => write(text.replace(controls, escaped))
}

const controls = /[\p{Cc}\p{Zl}\p{Zp}]/gu

function escaped(character: string): string {
  return character === '\n' ? '\\n' : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
