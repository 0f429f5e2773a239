/** For all tests: a wait ends with what it waits for. Vitest's limit of a second is a busy machine's, not the product's. */
import { vi } from 'vitest'

const patienceMs = 20_000

const { waitFor } = vi
vi.waitFor = (callback, options = patienceMs) => waitFor(callback, options)
