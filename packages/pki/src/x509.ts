/** The one importer of @peculiar/x509, which needs the metadata API in place before it is evaluated. */
// oxlint-disable-next-line import/no-unassigned-import -- a polyfill of Reflect exports nothing
import 'reflect-metadata'

export * from '@peculiar/x509'
