const settled = Promise.resolve()

/** `queueMicrotask`, without the AsyncResource that Node.js makes for each call of it. `run` must not throw. */
export function afterMicrotasks(run: () => void): void {
  void settled.then(run)
}
