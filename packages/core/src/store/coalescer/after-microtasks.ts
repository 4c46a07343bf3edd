const settled = Promise.resolve()

/** Like `queueMicrotask`, but without the AsyncResource that Node.js makes for each call. `run` must not throw. */
export function afterMicrotasks(run: () => void): void {
  void settled.then(run)
}
