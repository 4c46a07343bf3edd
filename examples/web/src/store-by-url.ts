import { basename } from 'node:path'
import { openStore } from '@sess/core'
import type { AppSessionStore, SessionData } from './session/session.ts'

/** What a page says about the store: never more of the URL than is fit to be shown. */
export interface StoreLabel {
  readonly name: string
  readonly place: string
}

interface StorePackage {
  readonly name: string
  /** Importing the package registers its store. Only the one in use is loaded, so no other driver need be there. */
  load(): Promise<unknown>
}

const memory: StorePackage = { name: 'Memory', load: () => import('@sess/memory') }
const sqlite: StorePackage = { name: 'SQLite', load: () => import('@sess/sqlite') }
const redis: StorePackage = { name: 'Redis', load: () => import('@sess/redis') }
const postgres: StorePackage = { name: 'Postgres', load: () => import('@sess/postgres') }
const mysql: StorePackage = { name: 'MySQL', load: () => import('@sess/mysql') }

const packages = new Map([
  ['memory', memory],
  ['sqlite', sqlite],
  ['redis', redis],
  ['rediss', redis],
  ['redis-cluster', redis],
  ['redis-sentinel', redis],
  ['postgres', postgres],
  ['postgresql', postgres],
  ['mysql', mysql],
  ['mariadb', mysql],
])

/** Opens the store that `url` names. Resolves when it answers; rejects with what there is where nobody knows the scheme. */
export async function openStoreByUrl(url: string): Promise<{ store: AppSessionStore; label: StoreLabel }> {
  const scheme = url.slice(0, url.indexOf(':')).toLowerCase()
  const storePackage = packages.get(scheme)
  await storePackage?.load()
  const store = await openStore<SessionData>(url)
  return { store, label: { name: storePackage?.name ?? scheme, place: placeOf(scheme, url) } }
}

function placeOf(scheme: string, url: string): string {
  if (scheme === 'memory') return 'of this process'
  if (scheme === 'sqlite') return basename(decodeURIComponent(url.slice(url.indexOf(':') + 1).replace(/\?.*/s, '')))
  // Of several hosts all, so this is none for URL.parse; what stands before the @ is a login.
  const [, authority = ''] = /^[^:]*:\/\/([^/?#]*)/.exec(url) ?? []
  return authority.slice(authority.lastIndexOf('@') + 1)
}
