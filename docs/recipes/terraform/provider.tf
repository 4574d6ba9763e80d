# The provider, once for each account and Region. provider.template.json is the file of the release.
resource "aws_s3_bucket" "templates" {
  bucket_prefix = "cognito-ses-binding-"
}

resource "aws_s3_object" "provider" {
  bucket = aws_s3_bucket.templates.id
  key    = "${filesha256("provider.template.json")}.json"
  source = "provider.template.json"
}

resource "aws_cloudformation_stack" "provider" {
  name         = "cognito-ses-binding"
  template_url = "https://${aws_s3_bucket.templates.bucket_regional_domain_name}/${aws_s3_object.provider.key}"
  capabilities = ["CAPABILITY_IAM"]
}
