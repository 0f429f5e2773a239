import { embeddedTarget } from '../helpers/embedded-target.ts'
import { describeBadInput } from '../suites/bad-input.ts'

describeBadInput(embeddedTarget())
