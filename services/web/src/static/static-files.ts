/** Serves the files of the site; every other address belongs to the next layer. */
import { RoundtripError } from '@roundtrip/errors'
import { Fields, type HttpLayer, type HttpRequest, type HttpResponse } from '@roundtrip/http'
import { isAbsence, type FileIndex } from './file-index.ts'
import { FileChanged, fileResponse } from './file-response.ts'
import { sitePathOf } from './site-path.ts'

/** There is no such file. */
const elsewhere = Symbol('elsewhere')
type Answer = HttpResponse | typeof elsewhere

const allow = 'GET, HEAD, OPTIONS'

export interface StaticFilesOptions {
  readonly files: FileIndex
}

/** @throws RoundtripError `BAD_REQUEST`, `METHOD_NOT_ALLOWED` for a file and a method that changes things, or what `fileResponse` throws */
export const staticFiles =
  ({ files }: StaticFilesOptions): HttpLayer =>
  (next) =>
  async (request, context) => {
    const path = sitePathOf(request.target)
    if (path === undefined) return next(request, context)
    const response = (await answer(request, files, path)) ?? (await answerAfresh(request, files, path))
    return response === elsewhere ? next(request, context) : response
  }

const isRead = ({ method }: HttpRequest): boolean => method === 'GET' || method === 'HEAD'

/** @returns undefined when the file has changed since it was found, or gone */
const answer = async (request: HttpRequest, files: FileIndex, path: string): Promise<Answer | undefined> => {
  const found = await files.find(path)
  if (found === undefined) return elsewhere
  if (found === 'folder') return isRead(request) ? toFolder(request) : elsewhere
  if (request.method === 'OPTIONS') return { status: 204, fields: Fields.of({ allow }), body: undefined }
  if (!isRead(request)) throw new RoundtripError('METHOD_NOT_ALLOWED', undefined, { details: { allow } })
  try {
    return await fileResponse(request, found)
  } catch (error) {
    if (error instanceof FileChanged || isAbsence(error)) return undefined
    throw error
  }
}

/** Once: a file that changes faster than it can be described is not served. */
const answerAfresh = async (request: HttpRequest, files: FileIndex, path: string): Promise<Answer> => {
  files.forget(path)
  return (await answer(request, files, path)) ?? elsewhere
}

/** Relative links on an index page need the slash. The path starts with exactly one, so it stays on this host. */
const toFolder = ({ target }: HttpRequest): HttpResponse => {
  const [path = '', query] = target.split(/\?(.*)/s, 2)
  const location = `${path}/${query === undefined ? '' : `?${query}`}`
  return {
    status: 308,
    fields: Fields.of({ location, 'cache-control': 'public, max-age=0, must-revalidate' }),
    body: undefined,
  }
}
