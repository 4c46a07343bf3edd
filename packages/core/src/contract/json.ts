/** A value that JSON carries unchanged. Numbers are finite; there is no `undefined`, `Date`, `Map`, `bigint` or class instance. */
export type JsonValue = string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue }

/** A plain object of JSON values. */
export type JsonObject = { [key: string]: JsonValue }
