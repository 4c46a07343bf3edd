export type { SecondaryStorageOptions } from './options.ts'
export { type BetterAuthStorage, secondaryStorage } from './secondary-storage.ts'
