import { embeddedTarget } from '../helpers/embedded-target.ts'
import { describeEdge } from '../suites/edge.ts'

describeEdge(embeddedTarget())
