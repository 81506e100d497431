import type { Command } from 'commander';
import type { Examples } from './help.js';

/** Sets what the program ends with. */
export type SetExitStatus = (status: number) => void;

/** A command as the program's help lists it. What it takes and does is read when it is asked for. */
export interface CommandEntry {
  readonly name: string;
  /** What follows the name in the list of commands. */
  readonly usage: string;
  readonly description: string;
  readonly examples: Examples;
  /** Whether it tells of every other command: then all of them are read. */
  readonly tellsOfAll?: boolean;
  /** Gives the command its arguments, its options and what it does. */
  readonly describe: () => Promise<(command: Command, setExitStatus: SetExitStatus) => void>;
}

/** Every command but the one without a name, in the order of the help text. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'show',
    usage: '[options]',
    description: 'the set as a tree: who signed whom, names, key, time left, files',
    examples: [
      ['generate-certs show', 'the set in certs/'],
      ['generate-certs show --out tls --json', 'the manifest of another one'],
    ],
    describe: async () => (await import('./commands/show.js')).describeShow,
  },
  {
    name: 'client',
    usage: '[options] <identity...>',
    description: "more clients from the set's CA, into all its layouts",
    examples: [
      ['generate-certs client bob carol@example.test', 'two more clients'],
      ['generate-certs client spiffe://example.test/alice', 'one that is known by a URI'],
    ],
    describe: async () => (await import('./commands/client.js')).describeClient,
  },
  {
    name: 'server',
    usage: '[options] <id=names...>',
    description: "more servers or peers from the set's CA, into its layouts",
    examples: [
      ['generate-certs server db=db.test,localhost', 'one more server, with files called db'],
      ['generate-certs server --as peer node-4=node-4.test', 'a node that is server and client at once'],
    ],
    describe: async () => (await import('./commands/server.js')).describeServer,
  },
  {
    name: 'sign',
    usage: '[options] <request...>',
    description: 'certificates for keys that others hold (PKCS#10)',
    examples: [
      ['generate-certs sign alice.csr', 'a client, called as the request says'],
      ['generate-certs sign --as server --name api api.csr', 'a server, with files called api'],
    ],
    describe: async () => (await import('./commands/sign.js')).describeSign,
  },
  {
    name: 'renew',
    usage: '[options]',
    description: 'a new life for everything in the set, by the same CA key and name',
    examples: [
      ['generate-certs renew', 'the set in certs/, now'],
      ['generate-certs renew --out tls --quiet', 'another one, silently'],
    ],
    describe: async () => (await import('./commands/life/renew.js')).describeRenew,
  },
  {
    name: 'rotate',
    usage: '[options]',
    description: 'a new CA in three steps: trust, issue, drop',
    examples: [
      ['generate-certs rotate', 'the next step'],
      ['generate-certs rotate --step trust', 'the first step: both CAs are trusted'],
    ],
    describe: async () => (await import('./commands/life/rotate.js')).describeRotate,
  },
  {
    name: 'revoke',
    usage: '[options] <client>',
    description: 'puts a client on the CRL and rewrites the CRL in every layout',
    examples: [['generate-certs revoke alice', 'alice is on the CRL; reload the server then']],
    describe: async () => (await import('./commands/revoke.js')).describeRevoke,
  },
  {
    name: 'verify',
    usage: '[options] [url...]',
    description: 'the set checked by itself; with URLs of endpoints, those proved',
    examples: [
      ['generate-certs verify', 'the set in certs/ by itself'],
      ['generate-certs verify grpc://localhost:9178 https://localhost:8000', 'two live endpoints'],
      ['generate-certs verify --grpc localhost:9178', 'a gRPC endpoint, as host:port'],
      [
        'generate-certs verify --rest https://localhost:8000 --junit verify.xml --strict',
        'for CI; policy flaws fail too',
      ],
      [
        "generate-certs verify https://localhost:8000 --path /admin --request 'POST /v2/models/m/infer'",
        'more than one request: a guard may have forgotten a path',
      ],
    ],
    describe: async () => (await import('./commands/verify.js')).describeVerify,
  },
  {
    name: 'verify-client',
    usage: '[options] [-- <command...>]',
    description: 'the client proved: it talks to the right server and refuses the bad ones',
    examples: [
      ['generate-certs verify-client -- curl --cacert {ca} {url}', 'does curl check the server?'],
      [
        'generate-certs verify-client --jobs 1 -- npm run client',
        'reads GENERATE_CERTS_URL and GENERATE_CERTS_CA',
      ],
      [
        'generate-certs verify-client --listen 9443',
        'keeps the servers up, from port 9443 on, for a browser',
      ],
    ],
    describe: async () => (await import('./commands/verify-client.js')).describeVerifyClient,
  },
  {
    name: 'report',
    usage: '[options] <result...>',
    description: 'one page of several results: what my server refuses, and what my client does',
    examples: [
      [
        'generate-certs report --html out.html server.json client.json',
        'of verify --json and verify-client --json',
      ],
    ],
    describe: async () => (await import('./commands/report.js')).describeReport,
  },
  {
    name: 'check',
    usage: '[options] -- <command...>',
    description: "the TLS flags of a model server's command line, checked before it starts",
    examples: [
      [
        'generate-certs check -- ovms --port 9178 --grpc_certificate_path certs/grpc/server.pem --grpc_key_path certs/grpc/server.key --grpc_ca_path certs/grpc/ca.pem',
        'the TLS flags of a model server',
      ],
    ],
    describe: async () => (await import('./commands/check.js')).describeCheck,
  },
  {
    name: 'serve',
    usage: '[options] -- <command...>',
    description: 'NGINX with mutual TLS in front of a model server, in one command',
    examples: [
      [
        'generate-certs serve -- ovms --model_name face --model_path /models/face --port 9178',
        'NGINX with mutual TLS in front of it',
      ],
      [
        'generate-certs serve --grpc-port-flag --grpc-port --rest-port-flag --http-port --bind-flag --host -- my-server',
        'a server with other flags',
      ],
      [
        'generate-certs serve --backend-grpc 127.0.0.1:9000 --listen-grpc 9178',
        'in front of a server that runs already',
      ],
    ],
    describe: async () => (await import('./commands/serve.js')).describeServe,
  },
  {
    name: 'env',
    usage: '[options]',
    description: 'the variables that make other programs trust the set',
    examples: [
      ['eval "$(generate-certs env)"', 'for sh and bash'],
      ['generate-certs env --format fish | source', 'for fish'],
    ],
    describe: async () => (await import('./commands/env.js')).describeEnv,
  },
  {
    name: 'exec',
    usage: '[options] -- <command...>',
    description: 'runs a command with the variables of env',
    examples: [['generate-certs exec -- curl https://localhost:8443', 'a command that trusts the set']],
    describe: async () => (await import('./commands/exec.js')).describeExec,
  },
  {
    name: 'watch',
    usage: '[options]',
    description: 'keeps the set alive: renews it before it ends, with the same CA key, until it is stopped',
    examples: [["generate-certs watch --on-renew 'nginx -s reload'", 'renews the set, and tells NGINX']],
    describe: async () => (await import('./commands/life/watch.js')).describeWatch,
  },
  {
    name: 'clean',
    usage: '[options]',
    description: 'removes what the manifest names, and nothing else',
    examples: [['generate-certs clean', 'the set in certs/']],
    describe: async () => (await import('./commands/clean.js')).describeClean,
  },
  {
    name: 'completion',
    usage: '<shell>',
    description: 'completion of commands, options and their values, for bash, zsh or fish',
    examples: [
      ['source <(generate-certs completion bash)', 'in bash, for this shell; in ~/.bashrc for all'],
      ['generate-certs completion fish | source', 'in fish'],
    ],
    tellsOfAll: true,
    describe: async () => (await import('./commands/completion.js')).describeCompletion,
  },
];
