/** The list of users, under the address of the API and under the one that older clients know. */
import { pageQuerySchema, userListSchema } from '@roundtrip/contracts'
import type { Database } from '@roundtrip/postgres'
import { nextPage } from '../http/next-page.ts'
import { readFor } from '../http/read-for.ts'
import type { AppServer } from '../http/server.ts'
import { visitOf } from '../http/visit.ts'
import { idAfter, type Cursors } from '../shop/cursor.ts'
import { listUsers, userList } from '../shop/users.ts'

export interface UserRoutesOptions {
  readonly database: Database
  readonly cursors: Cursors
}

export const userRoutes = (app: AppServer, { database, cursors }: UserRoutesOptions): void => {
  for (const url of ['/api/users', '/user/v1/list']) {
    app.get(
      url,
      { schema: { summary: 'List users', querystring: pageQuerySchema, response: { 200: userListSchema } } },
      async (request, reply) => {
        const { limit, cursor } = request.query
        const search = { limit, after: idAfter(cursors, userList, cursor) }
        const { users, next } = await readFor(visitOf(request), database, (queryable) => listUsers(queryable, search), {
          audience: 'anybody',
        })
        return { users, ...nextPage(request, reply, next && cursors.at(userList, next)) }
      },
    )
  }
}
