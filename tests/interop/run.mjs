// Runs one scenario of one library: node run.mjs LIBRARY SCENARIO, with what it needs to know as
// JSON on standard input. It passes where nothing throws.

import { text } from 'node:stream/consumers'

const [library, scenario] = process.argv.slice(2)
const given = JSON.parse(await text(process.stdin))
const scenarios = await import(`./${library}.mjs`)
await scenarios[scenario](given)
