#!/usr/bin/env node
import { main } from '../dist/cli/main.js';

const { status, signal } = await main(process.argv.slice(2));
// After an interruption keys may still be in the making, and an exit would wait for all of them (a minute
// for forty of RSA 4096). The signal itself, its handlers gone, does not, and tells the shell the same.
if (signal !== undefined) process.kill(process.pid, signal);
process.exitCode = status;
