import { Redis } from 'ioredis'
import { conformanceOn } from './harness.ts'

/** A store that opens its own connection, by URL. */
await conformanceOn('redis7', ({ url }, detour) => ({
  inspect: () => new Redis(url),
  config: () => ({ url: detour.address.url }),
}))
