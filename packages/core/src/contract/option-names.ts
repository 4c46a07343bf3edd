import type {
  ConsumeStateOptions,
  CreateOptions,
  DeleteByHandleOptions,
  DeleteByIdentityOptions,
  ListOptions,
  LoadOptions,
  PutStateOptions,
  RotateOptions,
  SaveOptions,
  TouchOptions,
} from './method-options.ts'

/** The names of all options, by method. The type checks that each list has every option of its method and no other. */
export const optionsOfMethod = Object.freeze({
  create: { identity: true, data: true, ttl: true, deadline: true },
  save: { if: true },
  load: { touch: true },
  touch: { ttl: true },
  rotate: { identity: true, data: true, ttl: true, deadline: true },
  listByIdentity: { limit: true },
  deleteByIdentity: { except: true, keep: true },
  deleteByHandle: { identity: true },
  putState: { state: true, userAgent: true, data: true, ttl: true },
  consumeState: { userAgent: true },
} as const satisfies {
  create: Names<CreateOptions>
  save: Names<SaveOptions>
  load: Names<LoadOptions>
  touch: Names<TouchOptions>
  rotate: Names<RotateOptions>
  listByIdentity: Names<ListOptions>
  deleteByIdentity: Names<DeleteByIdentityOptions>
  deleteByHandle: Names<DeleteByHandleOptions>
  putState: Names<PutStateOptions>
  consumeState: Names<ConsumeStateOptions>
})

type Names<Options> = Readonly<Record<keyof Options, true>>

/** A method that takes options. */
export type MethodWithOptions = keyof typeof optionsOfMethod
