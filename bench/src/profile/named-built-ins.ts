// Imported into a worker before all else. V8's profiler gives a built-in no frame of its own, its time is the caller's:
// as functions that call them, these two have one.

const { parse, stringify } = JSON

JSON.parse = function parseJson(text, reviver) {
  return parse(text, reviver)
}

JSON.stringify = function stringifyJson(value: unknown, replacer?: never, space?: string | number) {
  return stringify(value, replacer, space)
}
