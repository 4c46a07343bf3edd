import { Redis } from 'ioredis'
import { conformanceOn, quiet } from './harness.ts'

await conformanceOn('redis-sentinel', ({ name, sentinels }, { address, natMap }) => {
  const options = { name, sentinels: address.sentinels, natMap } as const
  return { inspect: () => new Redis({ name, sentinels }), config: () => ({ client: quiet(new Redis(options)) }) }
})
