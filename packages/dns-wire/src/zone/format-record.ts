/** Records as lines of a zone file (RFC 1035 §5.1). */
import { formatRdata } from '../rdata/index.ts'
import type { ResourceRecord } from '../record.ts'

/** `www.roundtrip.test. 30 IN A 127.0.0.1`, what `dig` prints too. */
export const formatRecord = (record: ResourceRecord): string =>
  `${record.name} ${record.ttlSeconds} ${record.class} ${record.type} ${formatRdata(record)}`
