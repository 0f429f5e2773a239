/** @packageDocumentation Schemas shared between tiers: API types and job payloads. */
export { accountMailJobName, accountMailSchema, type AccountMail } from './account-mails.ts'
export {
  accountSchema,
  codeRequestSchema,
  credentialsSchema,
  newAccountSchema,
  newTokenAnswerSchema,
  newTokenSchema,
  passwordChangeSchema,
  passwordResetSchema,
  roleChangeSchema,
  sessionListSchema,
  signedInSchema,
  tokenListSchema,
  tokenSchema,
  userIdSchema,
  type CodeRequest,
  type Credentials,
  type NewAccount,
  type PasswordChange,
  type PasswordReset,
} from './accounts.ts'
export {
  defaultJobOptions,
  mailQueueName,
  orderConfirmationJobName,
  orderConfirmationSchema,
  type OrderConfirmation,
} from './jobs.ts'
export {
  cartItemSchema,
  cartQuantitySchema,
  cartSchema,
  customerSchema,
  type Cart,
  type CartItem,
  type Customer,
} from './carts.ts'
export {
  emailPattern,
  maxOrderLines,
  maxQuantity,
  newOrderSchema,
  orderIdSchema,
  orderLineSchema,
  orderListSchema,
  orderSchema,
  orderSummarySchema,
  type NewOrder,
  type Order,
  type OrderLine,
  type OrderSummary,
} from './orders.ts'
export { defaultPageLimit, maxPageLimit, pageQuerySchema, type PageQuery } from './pagination.ts'
export { problemMediaType, problemSchema, type Problem } from './problem.ts'
export {
  currency,
  newProductSchema,
  patchProductSchema,
  productListSchema,
  productQuerySchema,
  productSchema,
  replaceProductSchema,
  slugPattern,
  type NewProduct,
  type PatchProduct,
  type Product,
  type ProductList,
  type ProductQuery,
  type ReplaceProduct,
} from './products.ts'
export { purgeKeys, purgeLogKey, purgeLogMaxEntries, type PurgeNote } from './purges.ts'
export { userListSchema, userSchema, type User, type UserList } from './users.ts'
