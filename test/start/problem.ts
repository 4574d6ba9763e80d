// What the person who typed the command can put right: one sentence, and exit status 2.

export class Problem extends Error {}
