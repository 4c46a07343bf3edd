import { checkServerIdentity, type PeerCertificate } from 'node:tls'
import { Redis } from 'ioredis'
import { conformanceOn, quiet } from './harness.ts'

/** TLS, and an ACL user of its own. */
await conformanceOn('redis-tls', ({ url, host, ca }, { address }) => {
  // The certificate names the server, and not the proxy in front of it.
  const tls = {
    ca,
    checkServerIdentity: (_: string, certificate: PeerCertificate) => checkServerIdentity(host, certificate),
  }
  const options = { tls }
  return { inspect: () => new Redis(url, { tls }), config: () => ({ client: quiet(new Redis(address.url, options)) }) }
})
