// Stands in for @aws-sdk/signature-v4-multi-region in the bundle: every call of ours is signed for one Region.
export { SignatureV4 as SignatureV4MultiRegion } from '@smithy/signature-v4'
