import type { Command } from 'commander';

/** Sets what the program ends with. */
export type SetExitStatus = (status: number) => void;

/** A command as the program's help lists it. What it takes and does is read when it is asked for. */
export interface CommandEntry {
  readonly name: string;
  /** What follows the name in the list of commands. */
  readonly usage: string;
  readonly description: string;
  /** Gives the command its arguments, its options and what it does. */
  readonly describe: () => Promise<(command: Command, setExitStatus: SetExitStatus) => void>;
}

/** Every command but the one without a name, in the order of the help text. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'show',
    usage: '[options]',
    description: 'the set as a tree: who signed whom, names, key, time left, files',
    describe: async () => (await import('./commands/show.js')).describeShow,
  },
  {
    name: 'client',
    usage: '[options] <identity...>',
    description: "more clients from the set's CA, into all its layouts",
    describe: async () => (await import('./commands/client.js')).describeClient,
  },
  {
    name: 'renew',
    usage: '[options]',
    description: 'a new life for everything in the set, by the same CA key and name',
    describe: async () => (await import('./commands/renew.js')).describeRenew,
  },
  {
    name: 'revoke',
    usage: '[options] <client>',
    description: 'puts a client on the CRL and rewrites the CRL in every layout',
    describe: async () => (await import('./commands/revoke.js')).describeRevoke,
  },
  {
    name: 'verify',
    usage: '[options]',
    description: 'the set checked by itself; with --grpc and --rest, the endpoint proved',
    describe: async () => (await import('./commands/verify.js')).describeVerify,
  },
  {
    name: 'verify-client',
    usage: '[options] -- <command...>',
    description: 'the client proved: it talks to the right server and refuses the bad ones',
    describe: async () => (await import('./commands/verify-client.js')).describeVerifyClient,
  },
  {
    name: 'check',
    usage: '[options] -- <command...>',
    description: "the TLS flags of a model server's command line, checked before it starts",
    describe: async () => (await import('./commands/check.js')).describeCheck,
  },
  {
    name: 'serve',
    usage: '[options] -- <command...>',
    description: 'NGINX with mutual TLS in front of a model server, in one command',
    describe: async () => (await import('./commands/serve.js')).describeServe,
  },
  {
    name: 'env',
    usage: '[options]',
    description: 'the variables that make other programs trust the set',
    describe: async () => (await import('./commands/env.js')).describeEnv,
  },
  {
    name: 'exec',
    usage: '[options] -- <command...>',
    description: 'runs a command with the variables of env',
    describe: async () => (await import('./commands/exec.js')).describeExec,
  },
  {
    name: 'watch',
    usage: '[options]',
    description: 'keeps the set alive: renews it before it ends, with the same CA key, until it is stopped',
    describe: async () => (await import('./commands/watch.js')).describeWatch,
  },
  {
    name: 'clean',
    usage: '[options]',
    description: 'removes what the manifest names, and nothing else',
    describe: async () => (await import('./commands/clean.js')).describeClean,
  },
];
