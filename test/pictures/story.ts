// What of npm start goes into its picture: the first three events and the end of a run that went well.

/** @throws where the run did not end well: such a picture would show a product that fails */
export const storyOf = (status: number, text: string): string => {
  if (status !== 0) throw new Error(`npm start ended with ${status}, so there is no picture of it:\n${text}`)
  const [head = '', ...events] = text.split(/\n\n(?=\S*[✓✗])/)
  return [head, ...events.slice(0, 3), '…', events.at(-1) ?? ''].join('\n\n')
}
