# Your own pool: the set is named where the pool is declared.
resource "aws_sesv2_configuration_set" "sign_in" {
  configuration_set_name = "sign-in"
}

resource "aws_sesv2_email_identity" "example" {
  email_identity = "example.com"
}

resource "aws_cognito_user_pool" "sign_in" {
  name = "sign-in"

  email_configuration {
    email_sending_account = "DEVELOPER"
    source_arn            = aws_sesv2_email_identity.example.arn
    from_email_address    = "Sign in <no-reply@example.com>"
    configuration_set     = aws_sesv2_configuration_set.sign_in.configuration_set_name
  }
}
