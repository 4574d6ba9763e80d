// Writes infra/cognito-ses-binding.schema.json from the parser's own table: node test/run.mjs test/infra/schema.ts
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { propertySchema } from '../../lib/binding/property-schema.ts'

const FILE = 'infra/cognito-ses-binding.schema.json'

export const schemaText = (): string => `${JSON.stringify(propertySchema(), null, 2)}\n`

// Only when run by itself: jest imports this file too.
if (process.argv[1]?.endsWith('schema.ts')) {
  writeFileSync(FILE, schemaText())
  // As lint wants it: a generator leaves nothing to tidy up.
  execFileSync(process.execPath, ['node_modules/@biomejs/biome/bin/biome', 'format', '--write', FILE])
}
