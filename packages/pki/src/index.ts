/** @packageDocumentation The local certificate authority and its leaves. */
export { edgeSpiffeId, ensurePki, type PkiFiles, type PkiOptions } from './pki-folder.ts'
export { renewLeaves, type RenewalOptions } from './renew-leaves.ts'
export { pkiSettings } from './config.ts'
export { spkiFingerprint } from './spki-fingerprint.ts'
export type { Authority, AuthorityOptions } from './authority.ts'
export type { Leaf, LeafRequest } from './issue-leaf.ts'

/** See `createAuthority` in authority.ts; loaded late, as few starts need to issue anything. */
export const createAuthority: typeof import('./authority.ts').createAuthority = async (options) =>
  (await import('./authority.ts')).createAuthority(options)

/** See `issueLeaf` in issue-leaf.ts. */
export const issueLeaf: typeof import('./issue-leaf.ts').issueLeaf = async (authority, request) =>
  (await import('./issue-leaf.ts')).issueLeaf(authority, request)
