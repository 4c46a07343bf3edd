import type { SessionInput } from '../../../src/contract/session.ts'
import { ReferenceStore, type Row } from '../reference-store.ts'
import { broken, gap } from './broken-store.ts'

/** What is stored is right; what the caller hears of it is not, or hears at the second call alone. */
export const brokenAnswers = [
  broken(
    'save answers what was sent',
    class extends ReferenceStore {
      protected override async replace(id: string, row: Row) {
        await super.replace(id, row)
        return this.session(id, row)
      }
    },
    {
      'answers/of-a-save-are-what-is-stored': /what save resolves with is what is stored/,
      'answers/of-a-save-show-the-clamped-expiry': /expiresAt is clamped to the stored deadline/,
      'answers/of-many-saves-are-their-own': /what is stored of its session/,
    },
  ),
  broken(
    'saves that travel together get the expiry of the last one',
    class extends ReferenceStore {
      #last = new Date(0)
      protected override async replace(id: string, row: Row) {
        const saved = await super.replace(id, row)
        this.#last = saved.expiresAt
        await gap()
        return { ...saved, expiresAt: this.#last }
      }
    },
    { 'answers/of-many-saves-are-their-own': /what is stored of its session/ },
  ),
  broken(
    'a save by hand keeps the instants of the session that it replaces',
    class extends ReferenceStore {
      override save(input: SessionInput) {
        const stored = input?.version === undefined ? this.storage.sessions.get(this.key(String(input?.id))) : undefined
        if (!stored) return super.save(input)
        const { createdAt, deadline } = stored
        return super.save({ ...input, createdAt: new Date(createdAt), deadline: deadline ? new Date(deadline) : null })
      }
    },
    {
      'answers/of-a-save-are-what-is-stored': /createdAt and deadline are those that are stored/,
      'answers/of-a-save-by-hand-are-what-is-stored': /nothing of the other stays/,
      'properties/histories-agree-with-a-model': /a save by hand agrees with the model/,
    },
  ),
  broken(
    'loads of one session at the same moment share one object',
    class extends ReferenceStore {
      readonly #loading = new Map<string, ReturnType<ReferenceStore['load']>>()
      override load(id: string) {
        const loading = this.#loading.get(id) ?? super.load(id)
        this.#loading.set(id, loading)
        queueMicrotask(() => this.#loading.delete(id))
        return loading
      }
    },
    {
      'load/again-gives-the-same': /two loads at the same moment share nothing/,
      'load/gives-a-fresh-object': /./,
    },
  ),
  broken(
    'the second of two loads at the same moment finds nothing',
    class extends ReferenceStore {
      readonly #loading = new Set<string>()
      override async load(id: string) {
        const isSecond = this.#loading.has(id)
        this.#loading.add(id)
        queueMicrotask(() => this.#loading.delete(id))
        const session = await super.load(id)
        return isSecond ? null : session
      }
    },
    { 'load/again-gives-the-same': /loads at the same moment/, 'load/gives-a-fresh-object': /./ },
  ),
  broken(
    'from the second load on the first answer is given again',
    class extends ReferenceStore {
      readonly #first = new Map<string, Row>()
      override load(id: string) {
        const row = this.find(id)
        const first = this.#first.get(id)
        if (row && first && row.version === first.version) return this.run(() => this.session(id, first))
        if (row) this.#first.set(id, row)
        return super.load(id)
      }
    },
    { 'load/again-gives-the-same': /load number 1 after a touch/ },
  ),
  broken(
    'that there is no session is remembered',
    class extends ReferenceStore {
      readonly #missing = new Set<string>()
      override async load(id: string) {
        const session = this.#missing.has(id) ? null : await super.load(id)
        if (session === null) this.#missing.add(id)
        return session
      }
    },
    { 'load/again-misses-nothing': /a session that was made meanwhile/ },
  ),
  broken(
    'a state goes with the session of the same text',
    class extends ReferenceStore {
      protected override remove(key: string | undefined) {
        if (key !== undefined) this.storage.states.delete(key)
        return super.remove(key)
      }
    },
    { 'races/sessions-and-states-together': /has its own answer|the one that was put last/ },
  ),
  broken(
    'where sessions and states travel together, states get the answers of others',
    class extends ReferenceStore {
      #isMixed = false
      protected override find(id: string) {
        this.#isMixed = true
        setImmediate(() => {
          this.#isMixed = false
        })
        return super.find(id)
      }
      protected override async take(key: string, userAgent: string | undefined) {
        const taken = await super.take(key, userAgent)
        return this.#isMixed && taken ? { ...taken, data: {} } : taken
      }
    },
    { 'races/sessions-and-states-together': /has its own answer/ },
  ),
]
