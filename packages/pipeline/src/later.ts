/**
 * What was asked for and is not there yet, with what the layers around have to do once it is. A promise for each layer
 * would cost a turn of the microtask queue and some hundred octets each; here one object goes the whole way back.
 */

/** Told what it is about, so that nobody has to make a closure for each request. */
export type Work<Res, Out, A, B> = (response: Res, about: A, also: B) => Out | Promise<Out> | Later<Out>

type AnyWork = Work<unknown, unknown, unknown, unknown>

interface Step {
  readonly work: AnyWork | undefined
  readonly rescue: AnyWork | undefined
  readonly about: unknown
  readonly also: unknown
  next: Step | undefined
}

const ignore = (): void => undefined

/** Belongs to whoever it was returned to, who goes on with it once: by `after`, by `await`, or by returning it. */
export class Later<Res> implements PromiseLike<Res> {
  #firstStep: Step | undefined = undefined
  #lastStep: Step | undefined = undefined
  #isOver = false
  #isFailure = false
  #result: unknown = undefined
  /** By which the process learns of a failure that nobody has heard of. */
  #unheard: Promise<never> | undefined = undefined

  constructor(source: Promise<Res>) {
    this.#await(source)
  }

  /**
   * Goes on with the response by `work`, or with a failure by `rescue`; what they return or throw is what comes next. Where
   * one is missing, its case passes by.
   *
   * @returns this, which is for what comes next from now on
   */
  after<Out, A, B>(
    work: Work<Res, Out, A, B> | undefined,
    rescue: Work<unknown, Out, A, B> | undefined,
    about: A,
    also: B,
  ): Later<Out> {
    const step = { work, rescue, about, also, next: undefined } as Step
    if (this.#firstStep === undefined) this.#firstStep = step
    else (this.#lastStep as Step).next = step
    this.#lastStep = step
    if (this.#isOver) this.#goOn()
    return this as unknown as Later<Out>
  }

  /** For `await`: layers that are `async` need not know. */
  // oxlint-disable-next-line unicorn/no-thenable -- it is one
  then<Out = Res, Else = never>(
    onFulfilled?: ((response: Res) => Out | PromiseLike<Out>) | null,
    onRejected?: ((reason: unknown) => Else | PromiseLike<Else>) | null,
  ): Promise<Out | Else> {
    const { promise, resolve, reject } = Promise.withResolvers<Res>()
    this.after(resolve, reject, undefined, undefined)
    return promise.then(onFulfilled, onRejected)
  }

  #await(source: Promise<unknown> | Later<unknown>): void {
    this.#isOver = false
    if (source instanceof Later) source.after(this.#arrived, this.#failed, undefined, undefined)
    else source.then(this.#arrived, this.#failed)
  }

  readonly #arrived = (response: unknown): void => this.#end(response, false)

  readonly #failed = (error: unknown): void => this.#end(error, true)

  #end(result: unknown, isFailure: boolean): void {
    this.#result = result
    this.#isFailure = isFailure
    this.#isOver = true
    this.#goOn()
  }

  #goOn(): void {
    this.#unheard?.catch(ignore)
    this.#unheard = undefined
    while (this.#isOver && this.#firstStep !== undefined) {
      const step = this.#firstStep
      this.#firstStep = step.next
      this.#take(step)
    }
    if (this.#isOver && this.#isFailure) this.#unheard = Promise.reject(this.#result)
  }

  #take({ work, rescue, about, also }: Step): void {
    const due = this.#isFailure ? rescue : work
    if (due === undefined) return
    try {
      this.#result = due(this.#result, about, also)
      this.#isFailure = false
    } catch (error) {
      this.#result = error
      this.#isFailure = true
      return
    }
    if (this.#result instanceof Promise || this.#result instanceof Later) this.#await(this.#result)
  }
}
