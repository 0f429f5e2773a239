/** A request for layers to add something to that others need not know. */
import type { Readable } from 'node:stream'
import type { Fields } from './fields.ts'
import type { HttpRequest } from './message.ts'

export class RequestCopy implements HttpRequest {
  readonly method: string
  readonly target: string
  readonly scheme: HttpRequest['scheme']
  readonly authority: string
  /** May be replaced; those that the request came with are its own. */
  fields: Fields
  readonly body: Readable | undefined
  readonly httpVersion: HttpRequest['httpVersion']

  constructor(request: HttpRequest, fields = request.fields) {
    this.method = request.method
    this.target = request.target
    this.scheme = request.scheme
    this.authority = request.authority
    this.fields = fields
    this.body = request.body
    this.httpVersion = request.httpVersion
  }
}
