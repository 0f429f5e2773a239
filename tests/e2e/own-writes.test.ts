import { embeddedTarget } from '../helpers/embedded-target.ts'
import { describeOwnWrites } from '../suites/own-writes.ts'

describeOwnWrites(embeddedTarget())
