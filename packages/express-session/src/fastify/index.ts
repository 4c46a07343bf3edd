export type { SessionUpdate } from '../framework-sessions.ts'
export type { AdapterOptions, OldStore, StoredSession } from '../options.ts'
export { type FastifyStore, fastifyStore } from './fastify-store.ts'
