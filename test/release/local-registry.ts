import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort, makeServerFolder, startSingleServer } from '@sess/testkit'

export interface LocalRegistry {
  readonly url: string
  /** What npm and pnpm need in their environment to take everything from it, and to publish to it. */
  readonly env: NodeJS.ProcessEnv
  stop(): Promise<void>
}

/** A registry on loopback that has nothing of ours until it is published, and all else from the registry of this machine. */
export async function startLocalRegistry(): Promise<LocalRegistry> {
  const folder = await makeServerFolder('registry')
  const port = await freePort()
  const url = `http://127.0.0.1:${port}/`
  const upstream = execFileSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8', cwd: folder }).trim()
  const config = join(folder, 'config.yaml')
  const everybody = { access: '$all', publish: '$all', unpublish: '$all' }
  writeFileSync(
    config,
    JSON.stringify({
      storage: join(folder, 'storage'),
      uplinks: { upstream: { url: upstream, timeout: '60s', maxage: '1h' } },
      packages: { '@sess/*': everybody, '**': { ...everybody, proxy: 'upstream' } },
      auth: { htpasswd: { file: join(folder, 'htpasswd') } },
      log: { type: 'stdout', format: 'json', level: 'warn' },
      max_body_size: '50mb',
    }),
  )
  const npmrc = join(folder, 'npmrc')
  // npm publishes to nobody whom it has no token for.
  writeFileSync(npmrc, `registry=${url}\n//127.0.0.1:${port}/:_authToken=rehearsal\n`)
  const verdaccio = join(process.cwd(), 'node_modules', 'verdaccio', 'bin', 'verdaccio')
  const { stop } = await startSingleServer(
    {
      name: 'registry',
      command: process.execPath,
      args: [verdaccio, '--config', config, '--listen', `127.0.0.1:${port}`],
      folder,
      isReady: async () => (await fetch(`${url}-/ping`)).ok,
    },
    { url, host: '127.0.0.1', port, version: '' },
  )
  // Each a cache of its own: what one run has published says nothing about the next.
  const env = {
    ...process.env,
    NPM_CONFIG_USERCONFIG: npmrc,
    NPM_CONFIG_REGISTRY: url,
    NPM_CONFIG_CACHE: join(folder, 'npm-cache'),
    npm_config_registry: url,
  }
  return { url, env, stop }
}
