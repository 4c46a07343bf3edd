export { reactRouterMiddleware, sessionContext } from './middleware.ts'
export { createSessionStorage, type SessionStorageOptions } from './session-storage.ts'
