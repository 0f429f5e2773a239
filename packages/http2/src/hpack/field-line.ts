/** One field line as HPACK keeps it in its tables (RFC 7541 §1.3), with room for a verdict on it. */

export class FieldLine {
  readonly name: string
  readonly value: string
  /** As every table and list counts it: 32 octets stand for what an entry costs (RFC 7541 §4.1). */
  readonly sizeBytes: number
  /** What a reader of requests has found out about this line; kept so that a line repeated by index is judged once. */
  kind = 0

  constructor(name: string, value: string) {
    this.name = name
    this.value = value
    this.sizeBytes = name.length + value.length + 32
  }
}
