declare module 'better-sqlite3-lowest' {
  export { default } from 'better-sqlite3'
}
