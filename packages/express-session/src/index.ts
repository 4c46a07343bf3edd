export { type ExpressStore, expressStore } from './express-store.ts'
export type { SessionUpdate } from './framework-sessions.ts'
export type { AdapterOptions, OldStore, StoredSession } from './options.ts'
