# Somebody else's pool, from CDK in another language than TypeScript.
from aws_cdk import App, ArnFormat, CustomResource, Duration, Environment, Stack
from aws_cdk import aws_ses as ses

app = App()
stack = Stack(app, "Mail", env=Environment(account="111122223333", region="us-east-1"))

CustomResource(
    stack,
    "Binding",
    resource_type="Custom::CognitoSesBinding",
    service_token=stack.format_arn(
        service="lambda",
        resource="function",
        resource_name="cognito-ses-binding",
        arn_format=ArnFormat.COLON_RESOURCE_NAME,
    ),
    service_timeout=Duration.seconds(600),
    properties={
        "UserPoolIds": ["us-east-1_Ab3dEf6hI"],
        "ConfigurationSet": ses.ConfigurationSet(stack, "Set").configuration_set_name,
        "SourceArn": stack.format_arn(service="ses", resource="identity", resource_name="example.com"),
        "From": "Example <no-reply@example.com>",
    },
)

app.synth()
