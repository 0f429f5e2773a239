import { embeddedTarget } from '../helpers/embedded-target.ts'
import { describeRequest } from '../suites/request.ts'

describeRequest(embeddedTarget())
