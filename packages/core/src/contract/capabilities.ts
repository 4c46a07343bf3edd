/**
 * What a store can do beyond `save`, `load`, `exists`, `delete`, `ping` and `close`, which every store has.
 * A method whose capability is false rejects with `SESS_UNSUPPORTED`.
 */
export interface Capabilities {
  /** `create` */
  readonly create: boolean
  /** `update` */
  readonly update: boolean
  /** `touch` */
  readonly touch: boolean
  /** `rotate` */
  readonly rotate: boolean
  /** `count` */
  readonly count: boolean
  /** `cleanExpired` */
  readonly cleanExpired: boolean
  /** `listByIdentity`, `deleteByIdentity` */
  readonly identityIndex: boolean
  /** `deleteByHandle` */
  readonly handles: boolean
  /** `putState`, `consumeState` */
  readonly states: boolean
  /** `entries` */
  readonly scan: boolean
}

/** Every capability's name, in the order in which documentation and reports list them. */
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
