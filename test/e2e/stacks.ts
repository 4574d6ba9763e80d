// Stacks through CloudFormation's own API: deploy, wait for the end, and what the events say of a failure.
import type { JsonObject } from '../../lib/json.ts'
import { CallError, queryCall, type Site } from './signed-call.ts'
import { all, members, textOf } from './xml.ts'

export type StackEvent = { readonly logicalId: string; readonly status: string; readonly reason: string }

export type StackState = {
  readonly id: string
  readonly status: string
  readonly outputs: Readonly<Record<string, string>>
  /** Of this operation, the oldest first. */
  readonly events: readonly StackEvent[]
}

/** A template as text or as JSON, or where it lies in S3. */
export type Template = { readonly body: JsonObject | string } | { readonly url: string }

export type Stacks = {
  /** Creates the stack, or updates it when it is there; resolves at the end of the operation, whatever the end is. */
  readonly deploy: (name: string, template: Template, parameters?: Readonly<Record<string, string>>) => Promise<StackState>
  readonly remove: (name: string) => Promise<StackState>
  readonly describe: (nameOrId: string) => Promise<StackState | undefined>
  /** Physical IDs by logical ID. */
  readonly resources: (name: string) => Promise<Readonly<Record<string, string>>>
}

const LIMIT_MS = 30 * 60_000

/** @param pollMs how long to wait between two looks at a stack that is being worked on */
export const stacksOf = (site: Site, pollMs: number): Stacks => {
  const request = (action: string, parameters: Readonly<Record<string, string>>) => queryCall(site, 'cloudformation', action, parameters)

  const allEvents = async (id: string): Promise<(StackEvent & { readonly eventId: string })[]> => {
    const found = []
    for (let next: string | undefined = ''; next !== undefined; ) {
      const page = await request('DescribeStackEvents', { StackName: id, ...(next ? { NextToken: next } : {}) })
      for (const result of all(page, 'DescribeStackEventsResult')) found.push(...members(result, 'StackEvents'))
      next = all(page, 'NextToken')[0]?.text || undefined
    }
    return found.reverse().map((event) => ({
      eventId: textOf(event, 'EventId') ?? '',
      logicalId: textOf(event, 'LogicalResourceId') ?? '',
      status: textOf(event, 'ResourceStatus') ?? '',
      reason: textOf(event, 'ResourceStatusReason') ?? '',
    }))
  }

  const describe = async (nameOrId: string): Promise<StackState | undefined> => {
    try {
      const answer = await request('DescribeStacks', { StackName: nameOrId })
      const stack = all(answer, 'DescribeStacksResult').flatMap((result) => members(result, 'Stacks'))[0]
      if (!stack) return undefined
      const outputs = members(stack, 'Outputs').map((output) => [textOf(output, 'OutputKey'), textOf(output, 'OutputValue') ?? ''])
      return {
        id: textOf(stack, 'StackId') ?? '',
        status: textOf(stack, 'StackStatus') ?? '',
        outputs: Object.fromEntries(outputs),
        events: [],
      }
    } catch (error) {
      if (error instanceof CallError && error.body.includes('does not exist')) return undefined
      throw error
    }
  }

  const settled = async (id: string, seen: ReadonlySet<string>): Promise<StackState> => {
    const deadline = Date.now() + LIMIT_MS
    for (;;) {
      const state = await describe(id)
      if (!state) throw new Error(`Stack ${id} is gone.`)
      if (!state.status.endsWith('_IN_PROGRESS')) {
        return { ...state, events: (await allEvents(id)).filter(({ eventId }) => !seen.has(eventId)) }
      }
      if (Date.now() > deadline) throw new Error(`Stack ${id} is still ${state.status}.`)
      await new Promise((resolve) => setTimeout(resolve, pollMs))
    }
  }

  const seenSoFar = async (stack: StackState | undefined) => new Set(stack ? (await allEvents(stack.id)).map(({ eventId }) => eventId) : [])

  return {
    describe,
    resources: async (name) => {
      const answer = await request('DescribeStackResources', { StackName: name })
      const list = all(answer, 'DescribeStackResourcesResult').flatMap((result) => members(result, 'StackResources'))
      return Object.fromEntries(list.map((one) => [textOf(one, 'LogicalResourceId'), textOf(one, 'PhysicalResourceId') ?? '']))
    },
    deploy: async (name, template, parameters = {}) => {
      const before = await describe(name)
      const seen = await seenSoFar(before)
      const given = Object.entries(parameters).flatMap(([key, value], index) => [
        [`Parameters.member.${index + 1}.ParameterKey`, key],
        [`Parameters.member.${index + 1}.ParameterValue`, value],
      ])
      const answer = await request(before ? 'UpdateStack' : 'CreateStack', {
        StackName: name,
        ...('url' in template
          ? { TemplateURL: template.url }
          : { TemplateBody: typeof template.body === 'string' ? template.body : JSON.stringify(template.body) }),
        ...Object.fromEntries(given),
        'Capabilities.member.1': 'CAPABILITY_IAM',
      })
      return settled(before?.id ?? all(answer, 'StackId')[0]?.text ?? name, seen)
    },
    remove: async (name) => {
      const before = await describe(name)
      if (!before) throw new Error(`There is no stack ${name}.`)
      const seen = await seenSoFar(before)
      await request('DeleteStack', { StackName: name })
      return settled(before.id, seen)
    },
  }
}
