import { mkdtemp, readFile, rm, statfs } from 'node:fs/promises'
import { findPackageJSON } from 'node:module'
import { cpus, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { type ServerName, start } from '@sess/testkit'
import type { Plan } from './plan.ts'
import type { Machine, RunInfo, SubjectInfo } from './results.ts'
import type { BackendName } from './subjects/backends.ts'
import type { SubjectDefinition } from './subjects/subject.ts'

export function describeMachine(): Machine {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGib: Math.round(totalmem() / 2 ** 30),
    platform: `${process.platform} ${process.arch}`,
    node: process.versions.node,
  }
}

/** A run of a plan on one backend that has just ended. */
export async function describeRun(
  backend: BackendName,
  { rounds, seconds, sessions }: Plan,
  { version: server }: Storage,
  definitions: readonly SubjectDefinition[],
): Promise<RunInfo> {
  const subjects = await Promise.all(definitions.map(describeSubject))
  return {
    backend,
    date: new Date().toISOString(),
    machine: describeMachine(),
    server,
    rounds,
    seconds,
    sessions,
    subjects,
  }
}

async function describeSubject(definition: SubjectDefinition): Promise<SubjectInfo> {
  const { role, name, configuration, packages } = definition
  return { role, name, configuration, versions: await versionsOf(packages) }
}

export async function versionsOf(packages: readonly string[]): Promise<Record<string, string>> {
  const versions = await Promise.all(packages.map(async (each) => [each, await versionOf(each)] as const))
  return Object.fromEntries(versions)
}

export interface Storage extends AsyncDisposable {
  /** Empty where there is no server. */
  url: string
  folder: string
  /** Of the server, with the arguments it was given. */
  version: string | null
  /** The processes of the server; empty where there is none, or it was brought. */
  pids: readonly number[]
}

/** A server with the durability of production, where there is one, and a folder on a disk. Both go when it is disposed. */
export async function openStorage(server: ServerName | null, args: readonly string[] = []): Promise<Storage> {
  const temporary = tmpdir()
  if ((await statfs(temporary)).type === tmpfsMagic) {
    throw new Error(`${temporary} is in memory, where no write is slow: name a folder on a disk with TMPDIR`)
  }
  await using made = new AsyncDisposableStack()
  const running = server && made.use(await start(server, { durable: true, args }))
  const folder = await mkdtemp(join(temporary, 'sess-bench-'))
  made.defer(() => rm(folder, { recursive: true, force: true }))
  const kept = made.move()
  return {
    url: running?.url ?? '',
    folder,
    version: running && [server, ...(running.version ? [running.version, ...args] : ['that was brought'])].join(' '),
    pids: running?.pids ?? [],
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

const tmpfsMagic = 0x01021994

async function versionOf(name: string): Promise<string> {
  const file = findPackageJSON(name, import.meta.url)
  return file === undefined ? 'unknown' : (JSON.parse(await readFile(file, 'utf8')) as { version: string }).version
}
