// What the person who typed the command has to know when it cannot go on: one sentence, and the exit status.

export class Problem extends Error {
  readonly status: number
  /** @param status 1: something could not be told; 3: the command is wrong */
  constructor(message: string, status: 1 | 3 = 3) {
    super(message)
    this.status = status
  }
}
