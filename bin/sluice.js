#!/usr/bin/env node
// Starts Sluice on a Node that runs TypeScript by itself; where the caller's Node is older, the one from the `node` package takes over.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const source = join(root, 'src/main.ts');
const entry = existsSync(source) ? source : join(root, 'dist/main.js');

function newerNode() {
  try {
    return join(dirname(createRequire(import.meta.url).resolve('node/package.json')), 'bin/node');
  } catch {
    console.error(`sluice needs Node 24 or newer; this is ${process.version}.`);
    process.exit(1);
  }
}

if (Number(process.versions.node.split('.')[0]) >= 24) {
  await import(pathToFileURL(entry).href);
} else {
  const child = spawn(newerNode(), [entry, ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    console.error(`sluice cannot start: ${error.message}`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
}
