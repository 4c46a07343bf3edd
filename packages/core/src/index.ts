export {
  type DataOptions,
  defaultTimeoutMs,
  type SealOptions,
  type StoreOptions,
  type WithData,
} from './config/store-options.ts'
export { type Capabilities, capabilitiesOfMethod, capabilityNames } from './contract/capabilities.ts'
export { durationMs } from './contract/durations.ts'
export { isSessionError, SessionError, type SessionErrorCode } from './contract/errors.ts'
export type { JsonObject, JsonValue } from './contract/json.ts'
export type {
  ConsumedState,
  ConsumeStateOptions,
  CreateOptions,
  DeleteByHandleOptions,
  DeleteByIdentityOptions,
  Duration,
  ListOptions,
  LoadOptions,
  PutStateOptions,
  RotateOptions,
  SaveOptions,
  SessionChange,
  SummaryChange,
  TouchOptions,
} from './contract/method-options.ts'
export type { Identity, IdentityRef, Session, SessionInput, SessionSummary } from './contract/session.ts'
export type { SessionStore } from './contract/session-store.ts'
export type { StoreConfigs, StoreDefinition } from './registry/definition.ts'
export { openStore } from './registry/open-store.ts'
export { registeredStores, registerStore } from './registry/registry.ts'
export { type AppliedWrite, applyWrite } from './store/apply-write.ts'
export type {
  Batching,
  ChangedRecord,
  CleanedPage,
  RecordPage,
  RemovedPage,
  SessionBackend,
  SessionRecord,
  StateRecord,
  StoredTimes,
  WriteKind,
  WriteOperation,
  WriteOutcome,
  WriteResults,
} from './store/backend.ts'
export { writeKinds } from './store/backend.ts'
export { createSessionStore } from './store/create-session-store.ts'
export {
  type DriverErrorRules,
  type DriverErrors,
  type DriverFault,
  driverError,
  driverErrors,
  type FaultEntry,
} from './store/driver-error.ts'
export { type JsonText, jsonText } from './store/encoding/json-text.ts'
export { saveJson } from './store/save-json.ts'
export { Timeouts, type Waiting, withinTime } from './store/timeouts.ts'
export type { OperationTrace } from './store/tracing.ts'
export { wrapStore } from './store/wrap-store.ts'
