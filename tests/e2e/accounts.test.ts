import { embeddedTarget } from '../helpers/embedded-target.ts'
import { describeAccounts } from '../suites/accounts.ts'

describeAccounts(embeddedTarget())
