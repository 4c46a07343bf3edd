import { type Capabilities, capabilityNames } from '../../contract/capabilities.ts'
import { type ConformanceCase, caseGroup } from '../conformance-case.ts'
import { holds, rejectsWith, same } from '../expectations.ts'
import { everyCall } from './lifecycle.ts'

function statedTruly(name: keyof Capabilities): Omit<ConformanceCase, 'id' | 'group' | 'requires'> {
  const calls = everyCall.filter(([, requires]) => requires === name)
  return {
    title: `${calls.map(([method]) => method).join(' and ')} rejects with SESS_UNSUPPORTED where the store says it lacks it, and only there`,
    async run({ store }) {
      for (const [method, , call] of calls) {
        if (store.capabilities[name]) await call(store)
        else await rejectsWith('SESS_UNSUPPORTED', () => call(store), `${method}, which the store says it lacks`)
      }
    },
  }
}

export const unsupportedCases = caseGroup('capabilities', [], {
  'are-frozen-booleans': {
    title: 'capabilities is a frozen object with a boolean for each name',
    async run({ store }) {
      const { capabilities } = store
      for (const name of capabilityNames)
        same(typeof capabilities[name], 'boolean', `capabilities.${name} is a boolean`)
      holds(Object.isFrozen(capabilities), 'capabilities is frozen')
    },
  },
  ...Object.fromEntries(capabilityNames.map((name) => [`without-${name}`, statedTruly(name)])),
})
