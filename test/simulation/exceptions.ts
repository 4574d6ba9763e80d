// Everything that the oracle lets pass, and why. Each use is counted.
export const EXCEPTIONS = {
  'settings-gap':
    'The owner wrote other settings between our reading and the effect of our UpdateUserPool: no client of Cognito can close that gap. At most one for each UpdateUserPool.',
  'email-gap':
    'The owner wrote EmailConfiguration between our reading and the effect of our UpdateUserPool: that wish is lost. At most one for each UpdateUserPool.',
  'email-window':
    'The owner wrote EmailConfiguration between our UpdateUserPool and our reading it back (verify): it may be taken for the service’s spelling of ours, or for the owner’s wish.',
  'late-write':
    'An UpdateUserPool took effect after its invocation had lost the pool: what the owner wrote before it landed may be known or lost.',
  'several-bases': 'At a check of EmailConfiguration more than one wish of the owner was possible, because of the rows above.',
  'sender-kept':
    'The service refused the way back to the sender that the pool had before (COGNITO_DEFAULT with email MFA): a Delete must not get stuck on that, so the pool keeps the sender that it has; ConfigurationSet and ReplyToEmailAddress go back.',
  'retain-unanswered': 'OnDelete RETAIN of a binding whose SUCCESS was stored but never arrived: it may count as answered.',
  'former-set':
    'After a skipped rollback an Update found no claim of its own on a pool of its OldResourceProperties, and the owner’s set has the same name as that of those properties: an Update without a claim takes such a set for ours, not for what was there before.',
  blocked: 'No layer gives a sender and the pool has none: the claims have no effect until somebody declares one.',
  'not-reapplied':
    'The fault-free Update before the layers are checked was refused (blocked, or a conflict after a skipped rollback): the layers of its pools are not checked.',
  'rollback-skipped':
    'A rollback could not be done, because another stack had come in between or the owner had taken the sender away: CloudFormation’s user skips the resource, and either wish may stand.',
  'answer-lost': 'A request was never answered: every process that served it died, or the PUT never arrived.',
  'other-body':
    'A request got two different bodies: the first answer was a FAILED that could not be stored, or the second one says that it is superseded.',
  'dead-letter': 'A record of the queue could not be worked on five times, and went to the dead letters; the sweep sees its pool.',
  'left-alone': 'The owner has stopped, the sweep has come, and a pool is not as the layers say: its record says why.',
  'looked-away': 'As before, but a binding with Heal OFF or the tag of the pool keeps the healer away.',
  'not-stored': 'A FAILED was delivered that could not be stored.',
} as const satisfies Readonly<Record<string, string>>

export type ExceptionId = keyof typeof EXCEPTIONS
