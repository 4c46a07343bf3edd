import { memoryStore } from '@sess/memory'
import { newest } from './application.ts'
import { describePromises } from './promises.ts'

describePromises(
  'a memory store',
  async () => {
    const store = memoryStore()
    return { one: store, other: store, close: () => store.close() }
  },
  newest,
)
