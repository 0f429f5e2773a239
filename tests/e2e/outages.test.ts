import { embeddedTarget } from '../helpers/embedded-target.ts'
import { describeOutages } from '../suites/outages.ts'

describeOutages(embeddedTarget())
