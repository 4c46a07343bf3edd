import { createMiddleware } from 'hono/factory'

/** One line for each request. The path alone: a query can hold a state and a code. */
export function requestLog(write: (line: string) => void) {
  return createMiddleware(async (c, next) => {
    const begin = performance.now()
    await next()
    write(`${c.req.method} ${c.req.path} ${c.res.status} ${(performance.now() - begin).toFixed(1)} ms`)
  })
}
