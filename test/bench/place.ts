// What every measurement is handed: the repository, the files under test, and where to say how far it is.

export type Place = {
  readonly root: string
  /** Of paired or repeated runs; each measurement says of what. */
  readonly rounds: number | undefined
  /** Other builds of the bundle, to be started round by round with it. */
  readonly beside: readonly string[]
  /** One line of progress, overwritten by the next. */
  readonly say: (progress: string) => void
}
