import { bodyLimit } from 'hono/body-limit'
import { createMiddleware } from 'hono/factory'
import { HTTPException } from 'hono/http-exception'
import type { AppEnv } from './app-env.ts'

const limited = bodyLimit({ maxSize: 16_384 })

/**
 * Reads the fields of the form that a request brings. A body that can't be read is no fault of ours: it is malformed, or the
 * browser hung up in the middle of it.
 */
export const readForm = createMiddleware<AppEnv>(async (c, next) => {
  try {
    await limited(c, async () => c.set('form', await c.req.parseBody()))
  } catch (error) {
    throw error instanceof HTTPException ? error : new HTTPException(400, { cause: error })
  }
  await next()
})
