// Preloaded: lets a program believe that its output is a terminal, so that a test or a picture has what a person sees.
for (const stream of [process.stdout, process.stderr]) {
  Object.assign(stream, { isTTY: true, columns: Number(process.env['TERMINAL_COLUMNS'] ?? 80), hasColors: () => true })
}
