import { embeddedTarget } from '../helpers/embedded-target.ts'
import { describePurges } from '../suites/purges.ts'

describePurges(embeddedTarget())
