import { relative, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { foreignText, GenerateCertsError, printable, type Warning } from '../../errors.js';
import type { FrontEvents, FrontRun } from '../../serve/front.js';
import { asksServerOnly, planFront } from '../../serve/plan.js';
import type { ServedSet } from '../../serve/set/served-set.js';
import type { Endpoints } from '../../serve/sides.js';
import { checkRenewAt, DEFAULT_RENEW_AT } from '../../store/watch.js';
import { parseDuration } from '../../util/duration.js';
import { formatDistance } from '../../util/moments.js';
import { shellQuote } from '../../util/shell-quote.js';
import { configured } from '../configuration.js';
import { configOption, gather, jsonOption, noConfigOption, outOption, quietOption } from '../options.js';
import { givenPassword } from '../password.js';
import { formatTable } from '../report/table.js';
import { loseErrors } from '../terminal/output.js';
import { ExitStatus, PROGRAM, reportFailure, Terminal, watchOutput } from '../terminal/terminal.js';
import { alignColumns } from '../terminal/text.js';

interface ServeOptions {
  out: string;
  name?: string[];
  grpcPortFlag?: string;
  restPortFlag?: string;
  bindFlag?: string;
  backendGrpc?: string;
  backendRest?: string;
  listenGrpc?: string;
  listenRest?: string;
  encryptBackend?: boolean;
  backendRestTls?: boolean;
  allowExposedBackend?: boolean;
  grace: string;
  renewAt: string;
  config?: string | false;
  readyFile?: string;
  accessLog?: boolean;
  verify?: boolean;
  printConfig?: boolean;
  json?: boolean;
  quiet?: boolean;
}

export function describeServe(command: Command, setExitStatus: (status: ExitStatus) => void): void {
  command
    .usage('[options] -- <server command...>')
    .argument('[command...]', "the server's command line")
    .addOption(outOption())
    .addOption(configOption())
    .addOption(noConfigOption())
    .addOption(
      new Option(
        '--name <name>',
        "a name of the endpoint; may be repeated (default: the set's, or localhost)",
      ).argParser(gather),
    )
    .option(
      '--grpc-port-flag <flag>',
      "the server's flag for its gRPC port, or none (default: --port; for tritonserver --grpc-port)",
    )
    .option(
      '--rest-port-flag <flag>',
      "the server's flag for its REST port, or none (default: --rest_port; for tritonserver --http-port)",
    )
    .option(
      '--bind-flag <flag>',
      "the server's flag for its addresses, or none (default: --grpc_bind_address, --rest_bind_address; for tritonserver --grpc-address, --http-address)",
    )
    .option('--backend-grpc <host:port>', 'a gRPC server that runs already')
    .option('--backend-rest <host:port>', 'a REST server that runs already')
    .option('--listen-grpc <[address:]port>', "where to listen for gRPC (default: as the server's flags say)")
    .option('--listen-rest <[address:]port>', "where to listen for REST (default: as the server's flags say)")
    .option('--encrypt-backend', 'mutual TLS between NGINX and the server too, by its native TLS flags')
    .option('--backend-rest-tls', 'with --encrypt-backend: the server has such flags for REST as well')
    .option('--allow-exposed-backend', 'only warn where the server can be reached around NGINX')
    .addOption(new Option('--grace <duration>', 'how long what is to end may take').default('10s', '10s'))
    .addOption(
      new Option('--renew-at <share>', "the share of the set's life after which it is renewed").default(
        String(DEFAULT_RENEW_AT),
        String(DEFAULT_RENEW_AT),
      ),
    )
    .option('--verify', 'prove the endpoint when it is ready, and stop everything if it is not right')
    .option('--ready-file <path>', 'a file that is there as long as the endpoint is ready')
    .option('--access-log', 'tell of every request, not only of refused ones')
    .option('--print-config', 'print the configuration of NGINX and start nothing')
    .addOption(jsonOption('print the addresses and the files as JSON when it is ready'))
    .addOption(quietOption())
    .action(async (command: string[], options: ServeOptions) => {
      setExitStatus(await serve(command, options));
    });
}

async function serve(command: string[], options: ServeOptions): Promise<ExitStatus> {
  const terminal = new Terminal(options);
  const { out, readyFile, name: names } = options;
  if (!options.printConfig && asksServerOnly({ ...options, command })) {
    const { Errand } = await import('../../serve/errand.js');
    return withSignals(new Errand(command));
  }
  const plan = planFront({ ...options, command });
  const allowExposed = options.allowExposedBackend === true;
  const log = options.accessLog ? 'all' : 'refused';
  const graceMs = parseDuration(options.grace) * 1000;
  const renewAt = checkRenewAt(/^[\d.]+$/.test(options.renewAt) ? Number(options.renewAt) : options.renewAt);
  if (options.printConfig) {
    const { previewConfig } = await import('../../serve/preview.js');
    terminal.data(await previewConfig({ plan, out, log }));
    return ExitStatus.done;
  }
  const password = givenPassword({}, terminal);
  const { file, options: asked } = await configured({ ...(names && { names }) }, options, terminal);
  const request = { ...asked, password };
  if (file !== undefined) terminal.progress(`the set is configured by ${printable(file)}\n`);
  return runFront({ plan, out, request, graceMs, renewAt, log, readyFile, allowExposed }, options, terminal);
}

async function runFront(
  run: FrontRun,
  { verify = false, json = false }: ServeOptions,
  terminal: Terminal,
): Promise<ExitStatus> {
  let quiet = false;
  const events: FrontEvents = {
    onWarning: (warning: Warning) => terminal.warn(warning),
    onLine: (line) => {
      if (!quiet) terminal.progress(`nginx: ${foreignText(line)}\n`);
    },
    onRenewal: ({ expiresAt }) =>
      terminal.progress(`renewed ${run.out} (ends ${formatDistance(expiresAt, new Date())})\n`),
    onError: (error) => {
      reportFailure(error, terminal);
    },
    onReady: async (endpoints, set) => {
      // The refusals of the proof are no news; the last of them come a moment after it.
      quiet = verify;
      if (verify && set.manifest === undefined) {
        throw new GenerateCertsError(
          'ERR_OPTION_INVALID',
          '--verify is given, and the certificates are not of a set that this program made',
          'leave --verify out, or name another folder with --out: a set is made there',
        );
      }
      const verdict = verify ? await prove(run.out, endpoints, json ? undefined : terminal) : undefined;
      setTimeout(() => {
        quiet = false;
      }, LOG_DELAY_MS).unref();
      if (verdict !== undefined) return verdict;
      if (json) terminal.data(`${JSON.stringify({ ...endpoints, ...clientFiles(run.out, set) })}\n`);
      else terminal.result(formatReady(endpoints, run.out, set, terminal));
      return undefined;
    },
  };
  // Loaded where it is run: every other command starts without it.
  const { Front } = await import('../../serve/front.js');
  const front = new Front(run, events);
  let unwritten = false;
  // Processes and a folder are to be ended and removed: the program cannot simply stop.
  loseErrors();
  watchOutput(() => {
    unwritten = true;
    front.passOn('SIGTERM');
  });
  const status = await withSignals(front);
  return unwritten ? ExitStatus.environment : status;
}

/** Signals that are for the server. */
const PASSED_ON = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Runs something that signals are passed on to. */
async function withSignals(work: {
  readonly passOn: (signal: NodeJS.Signals) => void;
  readonly run: () => Promise<number>;
}): Promise<number> {
  const passOn = (signal: NodeJS.Signals) => work.passOn(signal);
  for (const signal of PASSED_ON) process.on(signal, passOn);
  try {
    return await work.run();
  } finally {
    for (const signal of PASSED_ON) process.removeListener(signal, passOn);
  }
}

/** NGINX writes a request into its log after it has answered it. */
const LOG_DELAY_MS = 500;

/** @returns the exit status where the endpoint is not right */
async function prove(
  out: string,
  endpoints: Endpoints,
  terminal: Terminal | undefined,
): Promise<ExitStatus | undefined> {
  const { verifyEndpoint } = await import('../../index.js');
  const report = await verifyEndpoint({ set: out, ...endpoints });
  terminal?.result(formatTable(report, terminal.colour));
  if (report.result === 'right') return undefined;
  return report.result === 'no-answer' ? ExitStatus.environment : ExitStatus.check;
}

/** What a client needs, by paths from here. */
function clientFiles(out: string, { client }: ServedSet) {
  const place = (path: string | undefined) =>
    path === undefined ? undefined : relative('', resolve(out, path));
  return {
    certificate: place(client.certificate),
    key: place(client.key),
    ca: place(client.ca),
  };
}

function formatReady(endpoints: Endpoints, out: string, set: ServedSet, { colour }: Terminal): string {
  const { grpc, rest } = endpoints;
  const { certificate, key, ca } = clientFiles(out, set);
  const files = [
    [certificate, 'its certificate'],
    [key, 'its key'],
    [ca, 'the CA that it is to trust'],
  ] as const;
  const rows = files.flatMap(([path, what]) => (path === undefined ? [] : [[shellQuote(path), what]]));
  const addresses = [...(grpc ? [['gRPC', grpc]] : []), ...(rest ? [['REST', rest]] : [])];
  const command = [
    ...[PROGRAM, 'verify', ...(out === 'certs' ? [] : ['--out', shellQuote(out)])],
    ...[...(grpc ? ['--grpc', grpc] : []), ...(rest ? ['--rest', rest] : [])],
  ];
  const indent = (lines: readonly string[]) => lines.map((line) => `  ${line}\n`).join('');
  return [
    `${colour.bold('ready: mutual TLS in front of the server')}\n`,
    indent(alignColumns(addresses)),
    `\n${colour.bold('a client needs:')}\n`,
    indent(alignColumns(rows)),
    `\n${colour.bold('to prove it:')}\n`,
    indent([command.join(' ')]),
  ].join('');
}
