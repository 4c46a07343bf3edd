/** The room that is no part of the work: the process waits, or the profiler itself is at work. */
export const idle = 'idle'

/**
 * Which room a frame is in, as its place tells: 'URL name'. What is native or built in has no URL; its place is that of
 * its caller with ' > name' after it, so that it is in its caller's room where no rule knows it by name. The first rule
 * that matches decides; $1 is its first group.
 */
export const rules: readonly (readonly [place: RegExp, room: string])[] = [
  [/ > \(idle\)$|^node:inspector/, idle],
  [/ > \(garbage collector\)$/, 'garbage collector'],
  [/ > \(program\)$/, 'event loop, socket reads'],
  [/\/named-built-ins\.ts parseJson/, 'JSON.parse'],
  [/\/named-built-ins\.ts stringifyJson/, 'JSON.stringify'],
  [/^node:(internal\/)?crypto|> oneShotDigest$/, 'hashes, random bytes'],
  [/ > runMicrotasks$|^node:internal\/process\/task_queues/, 'promises, next ticks'],
  [/ > (writev|writeBuffer|write\w+String)$/, 'socket writes'],
  // better-sqlite3's functions have the name of their class, or none.
  [/\/[\w-]*sqlite[^ ]* [^>]* > (|Database|Statement|get|all|run)$/, 'SQLite itself'],
  [/^node:(net|stream|internal\/(streams|stream_base_commons|net))/, 'Node.js: streams'],
  [
    /^node:(timers|internal\/(timers|priority_queue|linkedlist|abort_controller|event_target))/,
    'Node.js: timers, signals',
  ],
  [/^node:(buffer|string_decoder|internal\/(buffer|encoding))/, 'Node.js: buffers'],
  [/^node:/, 'Node.js: the rest'],
  [/.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//, '$1'],
  [/\/packages\/([^/]+)\/(?:dist|src)\//, '@sess/$1'],
  [/\/bench\/src\//, 'the benchmark'],
]

export function roomOf(place: string): string {
  for (const [pattern, room] of rules) {
    const match = pattern.exec(place)
    if (match) return room.replace('$1', match[1] ?? '')
  }
  return 'the rest'
}
