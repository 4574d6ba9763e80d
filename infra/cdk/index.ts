// What `import … from 'cognito-ses-binding/cdk'` gives.
export { CognitoSesBinding } from './binding.ts'
export { type CognitoSesBindingProps, Heal, type ICognitoSesBindingProvider, OnDelete, Preflight } from './props.ts'
export { CognitoSesBindingProvider, type CognitoSesBindingProviderProps } from './provider.ts'
