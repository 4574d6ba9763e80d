/** As npm test, for test/construct alone, and with the CDK of the folder CDK_MODULES. @type {import('jest').Config} */
module.exports = {
  ...require('../../jest.config.cjs'),
  rootDir: '../..',
  testMatch: ['<rootDir>/test/construct/**/*.test.ts'],
  moduleNameMapper: { '^(aws-cdk-lib|constructs)(/.*)?$': `${process.env.CDK_MODULES}/$1$2` },
}
