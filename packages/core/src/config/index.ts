export {
  parseOptions,
  type StoreConfigInput,
  type StoreConfigOutput,
  type StoreConfigRules,
  type StoreConfigSchema,
  storeConfig,
} from '../registry/configuration.ts'
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
} from '../registry/fields.ts'
export { splitUrl } from '../registry/store-url.ts'
