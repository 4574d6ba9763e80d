// The XML that services of the query protocol answer with: elements and text, no more.

/** An element: its elements by name, and its text. */
export type XmlNode = { readonly text: string; readonly children: readonly (readonly [name: string, node: XmlNode])[] }

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }
const unescaped = (raw: string): string =>
  raw.replace(/&(?:#x([0-9a-fA-F]+)|#(\d+)|(\w+));/g, (all, hex?: string, decimal?: string, name?: string) => {
    if (hex ?? decimal) return String.fromCodePoint(hex ? Number.parseInt(hex, 16) : Number(decimal))
    return ENTITIES[name ?? ''] ?? all
  })

/** What a service of the query protocol writes: elements and text; attributes do not matter. */
export const parseXml = (source: string): XmlNode => {
  const root: { text: string; children: [string, XmlNode][] } = { text: '', children: [] }
  const open: { name: string; node: { text: string; children: [string, XmlNode][] } }[] = [{ name: '', node: root }]
  for (const [, declaration, closing, opening, empty, raw] of source.matchAll(
    /(<[?!][^>]*>)|<\/([\w:]+)\s*>|<([\w:]+)(?:\s[^>]*?)?(\/?)>|([^<]+)/g,
  )) {
    if (declaration) continue
    const top = open.at(-1)
    if (!top) break
    if (closing) open.pop()
    else if (raw !== undefined) top.node.text += unescaped(raw)
    else if (opening) {
      const node = { text: '', children: [] }
      top.node.children.push([opening, node])
      if (!empty) open.push({ name: opening, node })
    }
  }
  return root
}

/** Every element of that name, at any depth, in the order of the document. */
export const all = (node: XmlNode, name: string): XmlNode[] =>
  node.children.flatMap(([own, inner]) => [...(own === name ? [inner] : []), ...all(inner, name)])

/** The text of the first child of that name. */
export const textOf = (node: XmlNode, name: string): string | undefined => node.children.find(([own]) => own === name)?.[1].text

/** The `member`s of the child of that name. */
export const members = (node: XmlNode, name: string): XmlNode[] =>
  node.children
    .filter(([own]) => own === name)
    .flatMap(([, list]) => list.children.filter(([own]) => own === 'member').map(([, item]) => item))
