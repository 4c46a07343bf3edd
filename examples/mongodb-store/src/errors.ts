import { type DriverFault, driverErrors } from '@sess/core'

/** The server's errors have a number, the driver's own have a name. */
const codes: Partial<Record<DriverFault, string>> = {
  unreachable: '6 7 89 9001 MongoNetworkError MongoServerSelectionError MongoPoolClearedError MongoTopologyClosedError',
  starting: '91 189 10058 10107 11600 11602 13435 13436',
  late: '50 64 202 262 MongoNetworkTimeoutError',
  full: '14031',
  conflict: '112',
  denied: '11 13 18 33 8000 MongoMissingCredentialsError',
  misconfigured: '59 67 72 73 85 86 115 MongoParseError MongoInvalidArgumentError MongoCompatibilityError',
  duplicate: '11000',
  tooLarge: '10334 17419 17420',
}
const faults: Record<string, DriverFault> = {}
for (const [fault, list] of Object.entries(codes))
  for (const code of list.split(' ')) faults[code] = fault as DriverFault

export const { toSessionError } = driverErrors({
  product: 'MongoDB',
  faults,
  find: ({ name }) => faults[name],
  heads: ['Server selection timed out', 'connection', 'E11000 duplicate key error', 'Authentication failed'],
})
