// npm start -- --serve: keeps a local AWS with a fleet of user pools running, for the command line in another terminal.
import { startLambda } from '../lambda.ts'
import { addPlainPools, DECLARED, FLEET, furnishFleet, POOLS, startFleetAws } from './fleet.ts'

type Serving = { readonly environment: Readonly<Record<string, string>>; readonly close: () => Promise<void> }

/** What the command line's environment must hold; what it must not hold is taken out. */
const CREDENTIALS = { AWS_REGION: FLEET.region, AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' }

const guide = (
  endpoint: string,
  more: number,
): string => `A local AWS with ${Object.keys(POOLS).length + more} user pools is running: ${FLEET.region}, account ${FLEET.account}. Ctrl-C ends it.

Paste this into another terminal, in this folder:

  unset AWS_PROFILE AWS_SESSION_TOKEN
  export AWS_ENDPOINT_URL=${endpoint} ${Object.entries(CREDENTIALS)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ')}

Then, for example:

  npx cognito-ses-binding status
  npx cognito-ses-binding status legacy-prod
  npx cognito-ses-binding plan --configuration-set ${DECLARED.ConfigurationSet} --source-arn ${DECLARED.SourceArn} --from no-reply@example.com
`

/** Starts it, and prints how to use it. @param pools how many more, on COGNITO_DEFAULT */
export const serve = async (root: string, pools: number, print: (text: string) => void): Promise<Serving> => {
  const aws = await startFleetAws()
  const lambda = await startLambda(aws.environment, root)
  try {
    await furnishFleet(aws, lambda)
  } finally {
    await lambda.kill()
  }
  addPlainPools(aws, pools)
  print(guide(aws.endpoint, pools))
  return { environment: { AWS_ENDPOINT_URL: aws.endpoint, ...CREDENTIALS }, close: aws.close }
}
