// Writes infra/cognito-ses-binding.schema.json from the parser's own table: node test/run.mjs test/infra/schema.ts
import { writeFileSync } from 'node:fs'
import { propertySchema } from '../../lib/binding/property-schema.ts'

export const schemaText = (): string => `${JSON.stringify(propertySchema(), null, 2)}\n`

if (process.argv[1]?.endsWith('schema.ts')) writeFileSync('infra/cognito-ses-binding.schema.json', schemaText())
