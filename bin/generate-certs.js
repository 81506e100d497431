#!/usr/bin/env node
import { main } from '../dist/cli/main.js';

const status = await main(process.argv.slice(2));
// After an interruption a key may still be in the making: nobody waits for it.
if (status > 128) process.exit(status);
process.exitCode = status;
