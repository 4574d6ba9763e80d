// A pool and its binding. Where the pool is in a component of somebody else, ignoreChanges belongs there.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they are CloudFormation's substitutions
import * as aws from '@pulumi/aws'
import * as pulumi from '@pulumi/pulumi'

export const pool = new aws.cognito.UserPool('sign-in', {}, { ignoreChanges: ['emailConfiguration'] })
const set = new aws.sesv2.ConfigurationSet('sign-in', { configurationSetName: 'sign-in' })
const identity = new aws.sesv2.EmailIdentity('example', { emailIdentity: 'example.com' })

export const mail = new aws.cloudformation.Stack('mail-of-sign-in', {
  timeoutInMinutes: 15,
  templateBody: pulumi.jsonStringify({
    Resources: {
      Binding: {
        Type: 'Custom::CognitoSesBinding',
        Properties: {
          ServiceToken: {
            'Fn::Sub': 'arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:cognito-ses-binding',
          },
          ServiceTimeout: 600,
          UserPoolId: pool.id,
          ConfigurationSet: set.configurationSetName,
          SourceArn: identity.arn,
          From: 'Example <no-reply@example.com>',
        },
      },
    },
    Outputs: { Warnings: { Value: { 'Fn::GetAtt': ['Binding', 'Warnings'] } } },
  }),
})

export const warnings = mail.outputs.apply((outputs) => outputs['Warnings'])
