// Stands in for @aws-sdk/core/protocols and @aws-sdk/dynamodb-codec in the bundle: every client of ours is given a protocol (../raw-json.ts).

/** Throws when a client is made without a protocol: at load, so no build with such a client passes a test. */
class NotInTheBundle {
  constructor() {
    throw new Error('this client was given no protocol')
  }
}

export { NotInTheBundle as AwsJson1_0Protocol, NotInTheBundle as AwsJson1_1Protocol, NotInTheBundle as AwsRestJsonProtocol }

/** DynamoDB's settings make one whether or not it is used. */
export class DynamoDBJsonCodec2 {}
