# A pool and its binding. Where the pool is in a module of somebody else, ignore_changes belongs there.
resource "aws_cognito_user_pool" "sign_in" {
  name = "sign-in"

  lifecycle {
    ignore_changes = [email_configuration]
  }
}

resource "aws_sesv2_configuration_set" "sign_in" {
  configuration_set_name = "sign-in"
}

resource "aws_sesv2_email_identity" "example" {
  email_identity = "example.com"
}

resource "aws_cloudformation_stack" "mail_of_sign_in" {
  name               = "mail-of-sign-in"
  timeout_in_minutes = 15

  template_body = jsonencode({
    Resources = {
      Binding = {
        Type = "Custom::CognitoSesBinding"
        Properties = {
          ServiceToken     = { "Fn::Sub" = "arn:$${AWS::Partition}:lambda:$${AWS::Region}:$${AWS::AccountId}:function:cognito-ses-binding" }
          ServiceTimeout   = 600
          UserPoolId       = aws_cognito_user_pool.sign_in.id
          ConfigurationSet = aws_sesv2_configuration_set.sign_in.configuration_set_name
          SourceArn        = aws_sesv2_email_identity.example.arn
          From             = "Sign in <no-reply@example.com>"
        }
      }
    }
    Outputs = {
      Warnings = { Value = { "Fn::GetAtt" = ["Binding", "Warnings"] } }
    }
  })
}
