/** The list of users, under the address of the API and under the one that older clients know. */
import { pageQuerySchema, userListSchema } from '@roundtrip/contracts'
import type { Database } from '@roundtrip/postgres'
import type { AppServer } from '../http/server.ts'
import { visitOf } from '../http/visit.ts'
import { listUsers } from '../shop/users.ts'

export const userRoutes = (app: AppServer, database: Database): void => {
  for (const url of ['/api/users', '/user/v1/list']) {
    app.get(
      url,
      { schema: { summary: 'List users', querystring: pageQuerySchema, response: { 200: userListSchema } } },
      async (request) => {
        const visit = visitOf(request)
        return visit.timings.database(() =>
          database.read(visit.consistency, (queryable) => listUsers(queryable, request.query), visit),
        )
      },
    )
  }
}
