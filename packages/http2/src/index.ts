/** @packageDocumentation HTTP/2 on sockets (RFC 9113, RFC 7541): frames, HPACK, the server side of a connection. */
export {}
