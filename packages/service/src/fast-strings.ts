/**
 * Undoes what `class … extends String` does to V8: having become a prototype, `String.prototype` is kept as a hash table
 * from then on, and every method of every string is looked up instead of called. ioredis has such a class (for RESP3's
 * verbatim strings); with it loaded, reading the head of a request took 2.4 times as long.
 */

/** More calls than V8 waits for before it takes note of what a function meets. */
const calls = 1000

/** To be called once everything is loaded. A lookup through a String *object* makes V8 tidy its prototype. */
export const mendStringPrototype = (): void => {
  const wrapped = new String('')
  const look = (): number => wrapped.indexOf('x')
  for (let i = 0; i < calls; i++) look()
}
