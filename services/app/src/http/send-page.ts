/** Sends a page with the header fields of every page. */
import type { FastifyReply } from 'fastify'
import { pageHeaders } from './page-headers.ts'

export const sendPage = (reply: FastifyReply, text: string): FastifyReply =>
  reply.type('text/html; charset=utf-8').headers(pageHeaders).send(text)
