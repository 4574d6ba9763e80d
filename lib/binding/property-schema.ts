// The properties as JSON Schema, made from the parser's own table.
import type { Json, JsonObject } from '../json.ts'
import { NAMES, PROPERTIES, type Property } from './properties.ts'

/** An alias as text, and as the boolean that YAML makes of it. */
const aliasesOf = ({ aliases = {} }: Property): readonly Json[] => Object.keys(aliases).flatMap((alias) => [alias, JSON.parse(alias)])

/** The properties as JSON Schema (draft-07), for editors and cfn-lint. */
export const propertySchema = (): JsonObject => {
  const one = (property: Property): JsonObject => ({
    ...(property.aliases ? {} : { type: 'string' }),
    ...(property.pattern ? { pattern: property.pattern } : {}),
    ...(property.maxLength ? { maxLength: property.maxLength } : {}),
    ...(property.values ? { enum: [...property.values, ...aliasesOf(property)] } : {}),
  })
  const schemaOf = (property: Property): JsonObject => {
    if (property.type === 'any') return { description: property.description }
    if (property.type === 'flag') return { description: property.description, enum: ['true', 'false', true, false] }
    if (property.type === 'string') return { description: property.description, ...one(property) }
    return {
      description: property.description,
      type: 'array',
      items: one(property),
      minItems: 1,
      maxItems: property.maxItems,
      uniqueItems: true,
    }
  }
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Properties of Custom::CognitoSesBinding',
    type: 'object',
    properties: Object.fromEntries(NAMES.map((name) => [name, schemaOf(PROPERTIES[name])])),
    required: ['ServiceToken', 'ConfigurationSet'],
    oneOf: [{ required: ['UserPoolId'] }, { required: ['UserPoolIds'] }],
    additionalProperties: false,
  }
}
