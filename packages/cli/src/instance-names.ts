/** Names of instances and tiers as a user types them. */
import { nearest } from '@roundtrip/config'
import { RoundtripError } from '@roundtrip/errors'
import { instances, instancesOf, type InstanceSpec } from '@roundtrip/stack'

const unknown = (word: string, known: readonly string[]): RoundtripError => {
  const guess = nearest(word, known)
  const hint = guess === undefined ? ` There are ${known.join(', ')}.` : ` Did you mean ${guess}?`
  return new RoundtripError('USAGE', `There is no instance ${JSON.stringify(word)}.${hint}`)
}

/** @throws RoundtripError `USAGE` for a name that the topology does not have. */
export const instanceNamed = (word: string): InstanceSpec => {
  const found = instances.find(({ name }) => name === word)
  if (found !== undefined) return found
  throw unknown(
    word,
    instances.map(({ name }) => name),
  )
}

/** Instances by name or by tier, each once, in the order of the topology. @throws RoundtripError `USAGE` */
export const instancesNamed = (words: readonly string[]): InstanceSpec[] => {
  const chosen = new Set(
    words.flatMap((word) => {
      const found = instancesOf(word)
      if (found.length > 0) return found
      throw unknown(word, [...new Set(instances.flatMap(({ name, tier }) => [name, tier]))])
    }),
  )
  return instances.filter((instance) => chosen.has(instance))
}

/** Empty for what is no instance, such as the supervisor itself. */
export const tierOf = (instance: string): string => instances.find(({ name }) => name === instance)?.tier ?? ''
