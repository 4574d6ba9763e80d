// What is in the bundles and is not ours: a CycloneDX inventory and the licences, both from esbuild's own account of each build.
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Licences that ask for no more than their text beside the code. Another one is a decision, not a line here. */
const LICENCES = new Set(['Apache-2.0', 'MIT', '0BSD', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause'])

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** The folders of packages that gave bytes to a bundle. A package inside another one's node_modules is one of its own. */
const packageFolders = (metafiles) => {
  const files = metafiles.flatMap(({ outputs }) =>
    Object.values(outputs).flatMap(({ inputs }) =>
      Object.entries(inputs).flatMap(([file, { bytesInOutput }]) => (bytesInOutput > 0 ? [file] : [])),
    ),
  )
  return [...new Set(files.flatMap((file) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1] ?? []))].sort()
}

const textsIn = (folder, pattern) =>
  readdirSync(folder)
    .filter((name) => pattern.test(name))
    .sort()
    .map((name) => readFileSync(join(folder, name), 'utf8').trim())

const readPackage = (folder) => {
  const { name, version, license, repository } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  if (!LICENCES.has(license)) {
    throw new Error(
      `${name} ${version} is in a bundle under the licence ${JSON.stringify(license)}, which is not on the list: ${[...LICENCES].join(', ')}.`,
    )
  }
  const texts = textsIn(folder, /^(licen[cs]e|copying)(\.|-|$)/i)
  const text = [...texts, ...textsIn(folder, /^notice(\.|$)/i)].join('\n\n')
  return { name, version, license, repository: repository?.url, text: texts.length > 0 ? text : undefined }
}

/** Some packages are published without the licence file of their repository: then it is that of another package from there. */
const withText = (one, packages) => {
  const { name, version, license, repository } = one
  const from = packages.find((other) => other.text !== undefined && other.license === license && other.repository === repository)
  const text = one.text ?? (repository === undefined ? undefined : from?.text)
  if (text === undefined) throw new Error(`${name} ${version} is in a bundle and has no licence file to put beside it.`)
  return { name, version, license, text }
}

const sha256 = (file) => createHash('sha256').update(readFileSync(file)).digest('hex')
const purl = ({ name, version }) => `pkg:npm/${name.replace('@', '%40')}@${version}`

const bomOf = (metafiles, packages, root) => {
  const own = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const files = metafiles.flatMap(({ outputs }) => Object.keys(outputs)).sort()
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: {
      component: {
        type: 'application',
        'bom-ref': purl(own),
        name: own.name,
        version: own.version,
        licenses: [{ license: { id: own.license } }],
        components: files.map((name) => ({
          type: 'file',
          'bom-ref': name,
          name,
          hashes: [{ alg: 'SHA-256', content: sha256(join(root, name)) }],
        })),
      },
    },
    components: packages.map(({ name, version, license }) => ({
      type: 'library',
      'bom-ref': purl({ name, version }),
      name,
      version,
      purl: purl({ name, version }),
      licenses: [{ license: { id: license } }],
    })),
  }
}

/** Packages that share a text stand above it once. */
const noticesOf = (packages) => {
  const byText = new Map()
  for (const one of packages) byText.set(one.text, [...(byText.get(one.text) ?? []), one])
  return [...byText]
    .map(([text, group]) => `${group.map(({ name, version, license }) => `${name} ${version} (${license})`).join('\n')}\n\n${text}\n`)
    .join(`\n${'-'.repeat(80)}\n\n`)
}

/**
 * The inventory of all bundles together. The same input gives the same bytes: no date, no serial number.
 * @param {readonly import('esbuild').Metafile[]} metafiles one for each build; their outputs have been written
 * @param {string} [root] the folder that the paths in the metafiles are relative to
 * @returns {{ thirdParty: string, bom: string }} the contents of THIRD-PARTY.txt and bom.cdx.json
 * @throws when a package has a licence that is not on the list, or no licence file
 */
export const inventory = (metafiles, root = ROOT) => {
  const read = packageFolders(metafiles).map((folder) => readPackage(join(root, folder)))
  const packages = read.map((one) => withText(one, read))
  const bom = bomOf(metafiles, packages, root)
  return { thirdParty: noticesOf(packages), bom: `${JSON.stringify(bom, null, 1)}\n` }
}
