/** The settings of the embedded Postgres servers: small, on loopback only, ready for streaming replication. */

export interface ServerOptions {
  readonly dataFolder: string
  readonly host: string
  readonly port: number
  /** Whether commits wait for the disk; a temporary stack may lose them with the machine. */
  readonly durable: boolean
}

/**
 * Limits that the primary records in its WAL; a replica refuses to start with less. They are given to initdb as well, whose
 * own defaults would otherwise stand in the copy that the replica starts from.
 */
export const recordedLimits = { max_connections: 200, max_worker_processes: 2, max_wal_senders: 10 } as const

/** Arguments of `postgres`; given at each start, so that ports and limits follow the topology and not an old file. */
export const serverArguments = ({ dataFolder, host, port, durable }: ServerOptions): string[] => {
  const settings: Record<string, string | number> = {
    listen_addresses: host,
    port,
    // Over TCP only: a socket file would need a folder that this and other accounts share.
    unix_socket_directories: '',
    ...recordedLimits,
    shared_buffers: '32MB',
    // Without these, idle processes cost more memory than the data.
    io_method: 'sync',
    max_parallel_workers: 0,
    autovacuum_max_workers: 1,
    autovacuum_worker_slots: 2,
    max_logical_replication_workers: 0,
    jit: 'off',
    // In the data folder instead of /dev/shm: nothing is left behind when the server is killed.
    dynamic_shared_memory_type: 'mmap',
    wal_level: 'replica',
    max_replication_slots: 10,
    wal_keep_size: '64MB',
    // A replica that stays away must not fill the disk; beyond this it is cloned again.
    max_slot_wal_keep_size: '256MB',
    max_wal_size: '256MB',
    hot_standby: 'on',
    // Long reads on the replica are not cancelled by vacuum on the primary.
    hot_standby_feedback: 'on',
    // A replica notices within seconds that its primary is gone, and the other way round.
    wal_receiver_timeout: '10s',
    wal_sender_timeout: '10s',
    wal_retrieve_retry_interval: '500ms',
    // Without fsync a commit survives the death of the server, but not that of the machine.
    fsync: durable ? 'on' : 'off',
    full_page_writes: durable ? 'on' : 'off',
    log_destination: 'stderr',
    logging_collector: 'off',
    log_line_prefix: '%m [%p] %q%u@%d ',
    timezone: 'UTC',
  }
  return ['-D', dataFolder, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])]
}
