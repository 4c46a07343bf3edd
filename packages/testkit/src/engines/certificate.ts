import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { programsOf } from '../binaries/programs.ts'
import { runCommand } from '../process/run-command.ts'

export interface Certificate {
  /** The authority that signed it, as PEM: what a client trusts. */
  ca: string
  caFile: string
  certFile: string
  keyFile: string
}

/** Makes a certificate authority and a certificate for 127.0.0.1 and localhost; its files are put in `folder`. */
export async function makeCertificate(folder: string): Promise<Certificate> {
  const { main: openssl } = await programsOf('openssl')
  const caFile = join(folder, 'ca.crt')
  const certFile = join(folder, 'server.crt')
  const keyFile = join(folder, 'server.key')
  // Of its own, because an unpacked openssl would look for the one of the system.
  const config = join(folder, 'openssl.cnf')
  await writeFile(config, '[req]\ndistinguished_name = name\n[name]\n')
  const shared = [
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-days',
    '30',
    '-config',
    config,
  ]
  const caKey = join(folder, 'ca.key')
  const caExtensions = ['-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'keyUsage=critical,keyCertSign']
  const caArgs = ['req', ...shared, '-subj', '/CN=sess testkit', ...caExtensions, '-keyout', caKey, '-out', caFile]
  await runCommand(openssl, caArgs)
  const names = ['-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost', '-addext', 'basicConstraints=CA:FALSE']
  const signer = ['-CA', caFile, '-CAkey', caKey]
  await runCommand(openssl, [
    'req',
    ...shared,
    '-subj',
    '/CN=localhost',
    ...names,
    ...signer,
    '-keyout',
    keyFile,
    '-out',
    certFile,
  ])
  return { ca: await readFile(caFile, 'utf8'), caFile, certFile, keyFile }
}
