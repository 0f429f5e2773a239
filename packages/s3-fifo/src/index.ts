/** @packageDocumentation The eviction policy S3-FIFO, bounded in bytes. */
export { evictionNode, S3Fifo, type EvictionNode } from './s3-fifo.ts'
