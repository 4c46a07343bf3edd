import { type Capabilities, capabilitiesOfMethod, capabilityNames } from '../../contract/capabilities.ts'
import { type ConformanceCase, caseGroup } from '../conformance-case.ts'
import { holds, rejectsWith, same } from '../expectations.ts'
import { everyCall, hasAll } from './lifecycle.ts'

function statedTruly(name: keyof Capabilities): Omit<ConformanceCase, 'id' | 'group' | 'requires'> {
  const calls = everyCall.filter(([method]) => capabilitiesOfMethod[method]?.includes(name))
  return {
    title: `${calls.map(([method]) => method).join(' and ')} rejects with SESS_UNSUPPORTED where the store says it lacks it, and only there`,
    async run({ store }) {
      for (const [method, call] of calls) {
        if (hasAll(store, method)) await call(store)
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
  'of-options-are-stated-truly': {
    title: 'save with if, and load with touch, need what create, update and touch do, and are never ignored without',
    async run({ store, put }) {
      const session = await put()
      const calls = [
        ['create', () => store.save({ ...session, id: `${session.id}2` }, { if: 'absent' })],
        ['update', () => store.save(session, { if: 'unchanged' })],
        ['touch', () => store.load(session.id, { touch: '1m' })],
      ] as const
      for (const [name, call] of calls) {
        if (store.capabilities[name]) await call()
        else await rejectsWith('SESS_UNSUPPORTED', call, `an option that needs ${name}`)
      }
    },
  },
  ...Object.fromEntries(capabilityNames.map((name) => [`without-${name}`, statedTruly(name)])),
})
