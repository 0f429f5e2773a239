/** @packageDocumentation HTTP/1.1 on sockets (RFC 9112): a strict parser, the server side of a connection. */
export {}
