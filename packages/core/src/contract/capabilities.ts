/**
 * The abilities of a store beyond `save`, `load`, `exists`, `delete`, `ping` and `close`, which every store has. A method
 * whose capability is false rejects with `SESS_UNSUPPORTED`.
 */
export interface Capabilities {
  /** `create`, and `save` with `if: 'absent'` */
  readonly create: boolean
  /** `update`, and `save` with `if: 'unchanged'` */
  readonly update: boolean
  /** `touch`, and `load` with `touch` */
  readonly touch: boolean
  /** `rotate` */
  readonly rotate: boolean
  /** `count` */
  readonly count: boolean
  /** `cleanExpired` */
  readonly cleanExpired: boolean
  /** `listByIdentity`, `deleteByIdentity`; with `update`, `updateByIdentity` */
  readonly identityIndex: boolean
  /** `deleteByHandle` */
  readonly handles: boolean
  /** `putState`, `consumeState` */
  readonly states: boolean
  /** `entries`, `deleteAll` */
  readonly scan: boolean
}

/** The names of all capabilities, in the order of the documentation and of reports. */
export const capabilityNames = Object.freeze([
  'create',
  'update',
  'touch',
  'rotate',
  'count',
  'cleanExpired',
  'identityIndex',
  'handles',
  'states',
  'scan',
] as const) satisfies readonly (keyof Capabilities)[]

/** The capabilities that each method needs. A method that is not listed needs none. */
export const capabilitiesOfMethod: Readonly<Record<string, readonly (keyof Capabilities)[]>> = Object.freeze({
  create: ['create'],
  update: ['update'],
  touch: ['touch'],
  rotate: ['rotate'],
  count: ['count'],
  cleanExpired: ['cleanExpired'],
  listByIdentity: ['identityIndex'],
  updateByIdentity: ['identityIndex', 'update'],
  deleteByIdentity: ['identityIndex'],
  deleteByHandle: ['handles'],
  deleteAll: ['scan'],
  putState: ['states'],
  consumeState: ['states'],
  entries: ['scan'],
})
