import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { programsOf } from '../binaries/programs.ts'
import { freePort, loopback } from '../process/free-port.ts'
import { makeServerFolder } from '../process/server-folder.ts'
import { startSingleServer } from '../process/single-server.ts'
import type { Running, StartOptions, TlsAddress } from '../server.ts'
import { makeCertificate } from './certificate.ts'
import { redisArguments } from './redis.ts'
import { redisCommands } from './resp.ts'

/** Starts a Redis that speaks TLS only, to one ACL user only; the user without a name is off. */
export async function startRedisTls(options: StartOptions = {}): Promise<Running<TlsAddress>> {
  const { main, version } = await programsOf('redis')
  const folder = await makeServerFolder('redis-tls')
  const { ca, caFile, certFile, keyFile } = await makeCertificate(folder)
  const port = await freePort()
  const username = 'sess'
  const password = randomBytes(12).toString('hex')
  const aclFile = join(folder, 'users.acl')
  await writeFile(aclFile, `user default off\nuser ${username} on >${password} ~* &* +@all\n`)
  const files = [
    '--tls-cert-file',
    certFile,
    '--tls-key-file',
    keyFile,
    '--tls-ca-cert-file',
    caFile,
    '--aclfile',
    aclFile,
  ]
  const tls = ['--port', '0', '--tls-port', String(port), '--tls-auth-clients', 'no', ...files]
  const args = redisArguments(port, folder, { ...options, args: [...tls, ...(options.args ?? [])] })
  const url = `rediss://${username}:${password}@${loopback}:${port}`
  const address: TlsAddress = { url, host: loopback, port, version, ca, username, password }
  const isReady = async () => {
    const [pong] = await redisCommands({ host: loopback, port }, [['PING']], { ca, auth: [username, password] })
    return pong === 'PONG'
  }
  return startSingleServer({ name: 'redis-tls', command: main, args, folder, isReady }, address)
}
