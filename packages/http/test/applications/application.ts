import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { makeServerFolder, removeServerFolder } from '@sess/testkit'

const root = process.cwd()
const quiet = { CI: '1', NEXT_TELEMETRY_DISABLED: '1', ASTRO_TELEMETRY_DISABLED: '1' }

/** An application of a framework: what it is made of, and how it is built and started. */
export interface Application {
  /** What is installed beside the packed packages. */
  readonly packages: readonly string[]
  readonly files: Readonly<Record<string, string>>
  readonly build: readonly string[]
  readonly start: (port: number) => { command: readonly string[] }
  /** Whether it believes that a proxy in front of it speaks TLS. */
  readonly isBehindTls?: boolean
}

/** What every application does at a path: it counts, signs in or out, writes too much, or throws. */
export const answerFile = `
export async function answer(session, action) {
  if (action === 'count') {
    session.data.count = Number(session.data.count ?? 0) + 1
    return { status: 200, text: String(session.data.count) }
  }
  if (action === 'sign-in') {
    await session.signIn({ providerId: 'github', externalId: 'ada' })
    return { status: 201, text: 'hello ada' }
  }
  if (action === 'sign-out') return { status: 200, text: String(await session.signOut()) }
  if (action === 'large') session.data.large = 'x'.repeat(3_000)
  if (action === 'fail') {
    session.data.count = -1
    throw new Error('a fault of the application')
  }
  return { status: 200, text: \`\${session.identity?.externalId} \${session.data.count}\` }
}
`

async function run(cwd: string, command: readonly string[]): Promise<void> {
  const [program = '', ...args] = command
  try {
    await promisify(execFile)(program, args, { cwd, env: { ...process.env, ...quiet }, maxBuffer: 2 ** 26 })
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string }
    throw new Error(`${command.join(' ')}\n${stdout}${stderr}`, { cause: error })
  }
}

/** The packages as they would be published, for all applications of a test file. */
export async function packPackages(): Promise<{ tarballs: string[]; remove(): Promise<void> }> {
  const names = ['core', 'memory', 'http']
  await run(root, ['turbo', 'run', 'build', ...names.map((name) => `--filter=@sess/${name}`)])
  const folder = await makeServerFolder('packed')
  const tarballs: string[] = []
  for (const name of names) {
    const tarball = join(folder, `${name}.tgz`)
    await run(join(root, 'packages', name), ['pnpm', 'pack', '--out', tarball])
    tarballs.push(tarball)
  }
  return { tarballs, remove: () => removeServerFolder(folder) }
}

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

export interface RunningApplication {
  readonly origin: string
  /** The origin under which browsers know it. */
  readonly knownAs: string
  stop(): Promise<void>
}

/** Builds an application in a folder of its own, and starts it. */
export async function startApplication(
  { packages, files, build, start, isBehindTls = false }: Application,
  tarballs: readonly string[],
): Promise<RunningApplication> {
  const folder = await makeServerFolder('application')
  const manifest = { name: 'application', private: true, type: 'module' }
  for (const [name, text] of Object.entries({ 'package.json': JSON.stringify(manifest), ...files })) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), text)
  }
  await run(folder, ['npm', 'install', '--no-audit', '--no-fund', '--prefer-offline', ...packages, ...tarballs])
  await run(folder, build)
  const port = await freePort()
  const [program = '', ...args] = start(port).command
  const child = spawn(program, args, { cwd: folder, env: { ...process.env, ...quiet, PORT: String(port) } })
  let printed = ''
  const note = (text: Buffer) => {
    printed += text.toString()
  }
  child.stdout.on('data', note)
  child.stderr.on('data', note)
  const origin = `http://localhost:${port}`
  const stop = async () => {
    await end(child)
    await removeServerFolder(folder)
  }
  while (!(await fetch(origin).then(Boolean, () => false))) {
    if (child.exitCode !== null) throw new Error(`The application ended: ${printed}`)
    await new Promise((resolve) => setTimeout(resolve, 50)) // it says in no other way that it listens
  }
  return { origin, knownAs: isBehindTls ? origin.replace('http:', 'https:') : origin, stop }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}
