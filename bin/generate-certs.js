#!/usr/bin/env node
'use strict';

// The oldest Node that can even read this far says what is wrong.
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 12)) {
  process.stderr.write(`generate-certs: error: Node ${process.versions.node} is too old\n`);
  process.stderr.write('generate-certs: hint: install Node 20.12 or later\n');
  process.exit(3);
}

const { main } = require('../dist/cli/main.cjs');

main(process.argv.slice(2)).then(({ status, signal }) => {
  // After an interruption keys may still be in the making, and an exit would wait for all of them (a minute
  // for forty of RSA 4096). The signal itself, its handlers gone, does not, and tells the shell the same.
  if (signal !== undefined) process.kill(process.pid, signal);
  process.exitCode = status;
  // Everything is said and done. Connections that the other side is slow to close (gRPC C-core: a second)
  // would keep Node waiting. A turn later, so that output which could not be written is still told of.
  setImmediate(() => process.exit());
});
