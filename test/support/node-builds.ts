import { inject } from 'vitest';

/** The versions of Node that the package is for; without an executable where this machine has none. */
export const NODE_BUILDS = [
  { version: process.versions.node, executable: process.execPath },
  ...inject('tools').nodeBuilds,
];
