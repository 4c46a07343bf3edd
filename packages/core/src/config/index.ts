export {
  boolean,
  type ConfigField,
  choice,
  duration,
  durationOrNever,
  field,
  identifier,
  instance,
  integer,
  keyPrefix,
  text,
  url,
} from './fields.ts'
export type { SealConfig } from './seal-field.ts'
export {
  type FieldsInput,
  type FieldsOutput,
  parseOptions,
  type StoreConfigInput,
  type StoreConfigOutput,
  type StoreConfigRules,
  type StoreConfigSchema,
  storeConfig,
} from './store-config.ts'
export { splitUrl } from './store-url.ts'
