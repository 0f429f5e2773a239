/** @packageDocumentation A shared HTTP cache (RFC 9111): policy, freshness, validation, store. */
export {}
