import { fileURLToPath } from 'node:url';

const HOOK = fileURLToPath(new URL('slow-disk.cjs', import.meta.url));

/** The environment of a run whose disk is slow: it lasts, and takes little of the processor. */
export const SLOW_DISK = { NODE_OPTIONS: `--require ${HOOK}` };
