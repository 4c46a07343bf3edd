import { Redis } from 'ioredis'
import { conformanceOn, noResending, quiet } from './harness.ts'

await conformanceOn('redis-sentinel', ({ name, sentinels }, { address, natMap }) => {
  const options = { name, sentinels: address.sentinels, natMap, ...noResending } as const
  return { inspect: () => new Redis({ name, sentinels }), config: () => ({ client: quiet(new Redis(options)) }) }
})
