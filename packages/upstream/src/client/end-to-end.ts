/** The fields of a response that concern more than the connection it came over (RFC 9110 §7.6.1). */
import { Fields, isHopByHop, stripHopByHop } from '@roundtrip/http'

/** Connection options that name no other field. */
const isPlainOption = (value: string): boolean => {
  const option = value.toLowerCase()
  return option === 'keep-alive' || option === 'close'
}

/** Takes `fields` over. One pass for what every next hop sends; the rare rest goes the long way. */
export const endToEnd = (fields: Fields): Fields => {
  const { flat } = fields
  const kept: string[] = []
  for (let i = 0; i < flat.length; i += 2) {
    const name = flat[i] ?? ''
    const value = flat[i + 1] ?? ''
    if (!isHopByHop(name)) kept.push(name, value)
    else if (name === 'connection' && !isPlainOption(value)) return stripHopByHop(fields)
  }
  return kept.length === flat.length ? fields : Fields.adopt(kept)
}
