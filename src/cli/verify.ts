import { writeFile } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import { GenerateCertsError } from '../errors.js';
import { loadCertificateSet, type VerifyReport, verifyCertificateSet, verifyEndpoint } from '../index.js';
import { parseDuration } from '../pki/duration.js';
import { summarize } from '../probe/row.js';
import { surroundingsError } from '../store/file-system.js';
import { gather, jsonOption, outOption, quietOption } from './options.js';
import { formatJunit } from './report/junit.js';
import { formatMarkdown } from './report/markdown.js';
import { formatTable } from './report/table.js';
import { ExitStatus, Terminal } from './terminal.js';

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
  quiet?: boolean;
}

export function addVerifyCommand(program: Command, setExitStatus: (status: ExitStatus) => void): void {
  program
    .command('verify')
    .description('the set checked by itself; with --grpc and --rest, the endpoint proved')
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
    .addOption(quietOption())
    .action(async (options: VerifyOptions) => setExitStatus(await verify(options)));
}

async function verify(options: VerifyOptions): Promise<ExitStatus> {
  const terminal = new Terminal(options);
  // gRPC for Node gives an address as the server name, and Node then warns whoever sits at the terminal.
  process.noDeprecation = true;
  const report = await prove(options);
  if (options.junit !== undefined) await write(options.junit, formatJunit(report));
  if (options.json) terminal.data(`${JSON.stringify(report, null, 2)}\n`);
  else if (options.markdown) terminal.data(formatMarkdown(report));
  else terminal.result(formatTable(report, terminal.colour));
  if (report.result === 'no-answer') return ExitStatus.surroundings;
  return report.result === 'right' ? ExitStatus.done : ExitStatus.check;
}

async function prove(options: VerifyOptions): Promise<VerifyReport> {
  const { out, grpc, rest, model, path, method, strict } = options;
  const timeoutMs = parseDuration(options.timeout) * 1000;
  const live = grpc !== undefined || rest !== undefined;
  const own = await verifyCertificateSet(out, { strict, handshakes: !live });
  // An endpoint can be proved only with a set that is right: no answer of it would mean anything else.
  if (!live || own.result !== 'right') return own;
  const set = await loadCertificateSet(out);
  const found = await verifyEndpoint({ set, grpc, rest, model, path, method, timeoutMs, strict });
  const notable = own.rows.filter(({ verdict }) => verdict !== 'right');
  return summarize([...notable, ...found.rows], { silent: found.silent });
}

async function write(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      throw new GenerateCertsError(
        'ERR_FILE_SYSTEM',
        `cannot write ${path}: there is no such folder`,
        'name a file in a folder that is there',
      );
    }
    throw surroundingsError(error, `write ${path}`);
  }
}
