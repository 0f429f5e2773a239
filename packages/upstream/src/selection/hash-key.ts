/** What of a request decides which member it belongs to. */
import { fieldName, type HttpContext, type HttpRequest } from '@roundtrip/http'
import type { HashOnSettings } from '../settings/balance-settings.ts'
import { cookieValue } from './cookie-value.ts'
import { hashText } from './hash.ts'

/** @returns undefined when the request lacks it: any member will do */
export type HashOf = (request: HttpRequest, context: HttpContext) => number | undefined

const hashIfAny = (text: string | undefined): number | undefined => (text === undefined ? undefined : hashText(text))

const pathLength = (target: string): number => {
  const query = target.indexOf('?')
  return query === -1 ? target.length : query
}

export const hashOf = ({ source, name = '' }: HashOnSettings): HashOf => {
  if (source === 'header') {
    const field = fieldName(name)
    return ({ fields }) => hashIfAny(fields.get(field))
  }
  if (source === 'cookie') return ({ fields }) => hashIfAny(cookieValue(fields, name))
  if (source === 'path') return ({ target }) => hashText(target, pathLength(target))
  if (source === 'target') return ({ target }) => hashText(target)
  return (_request, { client }) => hashText(client)
}
