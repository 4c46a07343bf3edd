import { type Address, type Endpoint, type FaultProxy, startProxy } from '@sess/testkit'

/** The way to a server, and to all that it leads its clients to, through proxies. */
export interface Detour<A extends Address> extends AsyncDisposable {
  /** The given address, with a proxy in place of each endpoint. */
  readonly address: A
  /** For ioredis: the proxy in front of each endpoint that a Cluster or a sentinel tells it of. */
  readonly natMap: Record<string, Endpoint>
  /** All of it is down until `end`: connections are reset, and new ones refused. */
  outage(): Promise<{ end(): Promise<void> }>
}

type Group = 'nodes' | 'sentinels'

export async function startDetour<A extends Address>(direct: A & { [G in Group]?: Endpoint[] }): Promise<Detour<A>> {
  const { nodes = [], sentinels = [] } = direct
  const proxies = new Map<string, FaultProxy>()
  for (const endpoint of [direct, ...nodes, ...sentinels]) {
    if (!proxies.has(nameOf(endpoint))) proxies.set(nameOf(endpoint), await startProxy(endpoint))
  }
  const natMap = Object.fromEntries([...proxies].map(([name, { host, port }]) => [name, { host, port }]))
  const through = (endpoint: Endpoint) => natMap[nameOf(endpoint)] as Endpoint
  const all = async (order: (proxy: FaultProxy) => Promise<void>) => {
    await Promise.all([...proxies.values()].map(order))
  }
  return {
    address: {
      ...direct,
      ...through(direct),
      url: proxies.get(nameOf(direct))?.through(direct.url) as string,
      nodes: nodes.map(through),
      sentinels: sentinels.map(through),
    },
    natMap,
    async outage() {
      await all((proxy) => proxy.refuse())
      return { end: () => all((proxy) => proxy.restore()) }
    },
    [Symbol.asyncDispose]: () => all((proxy) => proxy.close()),
  }
}

function nameOf({ host, port }: Endpoint): string {
  return `${host}:${port}`
}
