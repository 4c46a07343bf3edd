import postgres from 'postgres'

/** A client whose options change whatever its owner sends and gets, as an application's may. */
export function strangeClient(url: string, options: postgres.Options<Record<never, never>> = {}) {
  return postgres(url, {
    max: 5,
    transform: {
      ...postgres.camel,
      undefined: null,
      value: { from: (value) => (typeof value === 'string' ? `<${value}>` : value) },
    },
    types: {
      bigint: postgres.BigInt,
      text: { to: 25, from: [25], serialize: (text: string) => `[${text}]`, parse: (text: string) => text.length },
    },
    connection: { search_path: 'nowhere', TimeZone: 'Pacific/Kiritimati' },
    debug: () => {},
    onnotice: (notice) => {
      throw new Error(`a notice for the application: ${notice.message}`)
    },
    ...options,
  })
}
