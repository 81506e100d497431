import { type Command, Option } from 'commander';
import { GenerateCertsError } from '../../errors.js';
import type { VerifyReport } from '../../index.js';
import { parseDuration } from '../../util/duration.js';
import { parseGrpcEndpoint, parseRestEndpoint } from '../../verify/protocols/endpoint.js';
import type { Row } from '../../verify/report/row.js';
import { summarize } from '../../verify/report/summary.js';
import { gather, htmlOption, jsonOption, outOption, quietOption } from '../options.js';
import { printReport } from '../report/print.js';
import { typedCommand } from '../report/typed-command.js';
import { type ExitStatus, Terminal } from '../terminal/terminal.js';

interface VerifyOptions {
  out: string;
  grpc?: string[];
  rest?: string[];
  model?: string;
  path?: string;
  method?: string;
  timeout: string;
  strict?: boolean;
  json?: boolean;
  junit?: string;
  markdown?: boolean;
  html?: string;
  quiet?: boolean;
}

export function describeVerify(command: Command, setExitStatus: (status: ExitStatus) => void): void {
  command
    .addOption(outOption())
    .addOption(new Option('--grpc <host:port>', 'a gRPC endpoint; may be repeated').argParser(gather))
    .addOption(new Option('--rest <url>', 'a REST endpoint; may be repeated').argParser(gather))
    .option('--model <name>', 'also ask for the metadata of this KServe v2 model, and for an inference')
    .option('--path <path>', 'the REST request (default: /v2/health/live)')
    .option('--method <service/method>', 'the gRPC call (default: inference.GRPCInferenceService/ServerLive)')
    .addOption(new Option('--timeout <duration>', 'the bound on each case').default('5s', '5s'))
    .option('--strict', 'policy flaws that are let in fail')
    .addOption(jsonOption('print the report as JSON'))
    .option('--junit <file>', 'write the report as JUnit XML too, a test case a row')
    .option('--markdown', 'print the report as Markdown, for the summary of a CI job')
    .addOption(htmlOption())
    .addOption(quietOption())
    .action(async (options: VerifyOptions) => setExitStatus(await verify(options, typedCommand(command))));
}

async function verify(options: VerifyOptions, typed: readonly string[]): Promise<ExitStatus> {
  const terminal = new Terminal(options);
  return printReport({ ...(await prove(options)), command: typed }, options, terminal);
}

async function prove(options: VerifyOptions): Promise<VerifyReport> {
  const { loadCertificateSet, verifyCertificateSet, verifyEndpoint } = await import('../../index.js');
  const { out, grpc, rest, model, path, method, strict } = options;
  const timeoutMs = parseDuration(options.timeout) * 1000;
  if (grpc === undefined && rest === undefined) {
    const alone = (['model', 'path', 'method'] as const).find((name) => options[name] !== undefined);
    if (alone === undefined) return verifyCertificateSet(out, { strict });
    throw new GenerateCertsError(
      'ERR_USAGE',
      `--${alone} was given without an endpoint`,
      'add --grpc <host:port> or --rest <url>',
    );
  }
  grpc?.forEach(parseGrpcEndpoint);
  rest?.forEach(parseRestEndpoint);
  const own = await verifyCertificateSet(out, { strict, handshakes: false });
  const notable = own.rows.filter(({ verdict }) => verdict !== 'right');
  const set = await loadCertificateSet(out).catch((error: unknown) => error as Error);
  if (set instanceof Error) {
    // Without the set there is nothing to call with: why is among its own findings.
    const untried = [...(grpc ?? []), ...(rest ?? [])].map((address) =>
      endpointNotTried(address, set.message),
    );
    return summarize([...notable, ...untried], { strict });
  }
  const found = await verifyEndpoint({ set, grpc, rest, model, path, method, timeoutMs, strict });
  return summarize([...notable, ...found.rows], { silent: found.silent, strict });
}

function endpointNotTried(address: string, note: string): Row {
  return {
    subject: address,
    protocol: 'set',
    name: 'every case',
    tls: null,
    severity: 'must',
    kind: 'not-tried',
    expected: '',
    observed: 'not tried',
    by: '',
    verdict: 'inconclusive',
    note,
    milliseconds: 0,
  };
}
