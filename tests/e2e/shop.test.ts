import { embeddedTarget } from '../helpers/embedded-target.ts'
import { describeShop } from '../suites/shop.ts'

describeShop(embeddedTarget())
