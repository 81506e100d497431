import { once } from 'node:events';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { GenerateCertsError, printable, quote } from '../../errors.js';
import type { VerifyReport } from '../../index.js';
import { SERVED_NAMES } from '../../verify/client/protocols/index.js';
import { gather, outOption, parseTimeout, reportOptions, timeoutOption } from '../options.js';
import { printReport, type ReportOptions } from '../report/print.js';
import { WORDS } from '../report/table.js';
import { typedCommand } from '../report/typed-command.js';
import { interruptible } from '../terminal/interrupt.js';
import { type ExitStatus, Terminal } from '../terminal/terminal.js';
import { alignColumns } from '../terminal/text.js';

interface VerifyClientCommandOptions extends ReportOptions {
  out: string;
  protocol?: string;
  flaw?: string[];
  listen?: string;
  expect?: string[];
  jobs: string;
  timeout: string;
  strict?: boolean;
}

const EXAMPLE = 'generate-certs verify-client -- curl --cacert {ca} {url}';

export function describeVerifyClient(command: Command, setExitStatus: (status: ExitStatus) => void): void {
  command
    .usage('[options] [-- <command...>]')
    .argument('[command...]', 'the client: a program and its arguments')
    // What stands behind the program's name is the program's.
    .passThroughOptions()
    .addOption(outOption())
    .option('--protocol <protocol>', `what the servers speak: ${SERVED_NAMES.join(', ')} (default: https)`)
    .addOption(
      new Option('--flaw <flaw>', 'only this flaw; may be repeated (default: all)').argParser(gather),
    )
    .addOption(
      new Option(
        '--expect <flaw=accepted>',
        'a flaw that it is decided to accept; may be repeated',
      ).argParser(gather),
    )
    .option(
      '--listen <ports>',
      'without a command: the first port, or one for each server with commas between them',
    )
    .addOption(new Option('--jobs <n>', 'how many runs of the command side by side').default('4', '4'))
    .addOption(timeoutOption('run', '10s'))
    .addHelpText('after', HELP)
    .action(async (argv: string[], options: VerifyClientCommandOptions) =>
      setExitStatus(
        argv.length === 0
          ? await keepServers(options, command)
          : await verifyClientCommand(argv, options, typedCommand(command)),
      ),
    );
  for (const option of reportOptions('policy flaws that are accepted fail')) command.addOption(option);
}

const HELP = `
The command runs once against a right server and once for each flaw, without a shell. In its arguments {url}, {host},
{port}, {ca}, {cert} and {key} are filled in; GENERATE_CERTS_URL, _HOST, _PORT, _CA, _CERT and _KEY say the same.

Without a command the servers stay up until Ctrl-C, for browsers, phones and IDEs: their URLs are printed, and what each
caller does.
`;

async function verifyClientCommand(
  command: string[],
  options: VerifyClientCommandOptions,
  typed: readonly string[],
): Promise<ExitStatus> {
  if ((command[0] ?? '') === '') {
    throw new GenerateCertsError('ERR_USAGE', 'there is no client to run', `give it after --: ${EXAMPLE}`);
  }
  if (options.listen !== undefined) {
    throw new GenerateCertsError(
      'ERR_USAGE',
      '--listen was given with a command',
      'leave the command out to keep the servers up, or --listen',
    );
  }
  const terminal = new Terminal(options);
  const accepted = (options.expect ?? []).map(parseExpectation);
  const jobs = /^\d+$/.test(options.jobs) ? Number(options.jobs) : options.jobs;
  if (typeof jobs === 'string') {
    throw new GenerateCertsError('ERR_USAGE', `${quote(jobs)} of --jobs is no number`, 'such as --jobs 1');
  }
  const timeoutMs = parseTimeout(options.timeout) * 1000;
  if (!command.some((word) => /\{(url|host|port)\}/.test(word))) {
    terminal.warn({
      message: 'no argument of the command says where it is to connect',
      hint: `use {url}, or {host} and {port}, unless it reads GENERATE_CERTS_URL itself: ${EXAMPLE}`,
    });
  }
  const { loadCertificateSet, verifyClient } = await import('../../index.js');
  const set = await loadCertificateSet(options.out);
  const { strict, protocol } = options;
  const flaws = options.flaw;
  const report = await verifyClient({ set, command, protocol, flaws, accepted, jobs, timeoutMs, strict });
  const status = await printReport({ ...report, command: typed }, options, terminal);
  const decision = decisionToMake(report);
  if (decision.length > 0) {
    terminal.progress(`if your team accepts this, say so: ${decision.join(' ')}\n`);
  }
  return status;
}

/** What clients accept that are set up rightly: docs/refused-servers.md. */
const OFTEN_ACCEPTED: readonly (string | undefined)[] = ['cn-only', 'address-as-dns'];

/** The options with which a client would be right; none where anything else is wrong with it. */
function decisionToMake({ rows }: VerifyReport): readonly string[] {
  const wrong = rows.filter(({ verdict }) => verdict === 'wrong');
  const isOften = wrong.every(({ flaw, kind }) => kind === 'talked-to' && OFTEN_ACCEPTED.includes(flaw));
  return isOften ? wrong.map(({ flaw }) => `--expect ${flaw}=accepted`) : [];
}

/** `<flaw>=accepted`. */
function parseExpectation(text: string): string {
  const [flaw = '', what] = text.split('=');
  if (what === 'accepted') return flaw;
  throw new GenerateCertsError(
    'ERR_USAGE',
    `${quote(text)} of --expect is not an expectation`,
    'give a flaw that is accepted, such as --expect cn-only=accepted',
  );
}

/** Keeps the servers up until Ctrl-C, and says what callers do. */
async function keepServers(options: VerifyClientCommandOptions, command: Command): Promise<ExitStatus> {
  const idle = ['jobs', 'timeout'].find((name) => command.getOptionValueSource(name) === 'cli');
  if (idle !== undefined) {
    throw new GenerateCertsError(
      'ERR_USAGE',
      `--${idle} was given without a command`,
      `give the command after --: ${EXAMPLE}`,
    );
  }
  const terminal = new Terminal(options);
  const accepted = (options.expect ?? []).map(parseExpectation);
  const { loadCertificateSet, openClientServers } = await import('../../index.js');
  const set = await loadCertificateSet(options.out);
  // What a program reads from standard output stays by itself.
  const forProgram = options.json === true || options.markdown === true;
  const say = (text: string) => (forProgram ? terminal.progress(text) : terminal.result(text));
  const report = await interruptible(async (signal) => {
    const opened = await openClientServers({
      set,
      accepted,
      protocol: options.protocol,
      flaws: options.flaw,
      ports: options.listen?.split(',').map(parsePort),
      strict: options.strict,
      onContact: ({ at, callerPort, row: { verdict, name, wire = [] } }) =>
        say(
          `${at.toTimeString().slice(0, 8)}  ${WORDS[verdict]}  ${name}, from port ${callerPort}: ${wire.join('; ')}\n`,
        ),
    });
    try {
      const lines = alignColumns(opened.servers.map(({ name, url, expected }) => [url, name, expected]));
      say(
        `${lines.join('\n')}\n\ntrust ${printable(join(options.out, 'ca.pem'))}; Ctrl-C ends it and sums up\n`,
      );
      if (!signal.aborted) await once(signal, 'abort');
      return opened.report();
    } finally {
      opened.close();
    }
  });
  say('\n');
  return printReport({ ...report, command: typedCommand(command) }, options, terminal);
}

function parsePort(text: string): number {
  if (/^\d{1,5}$/.test(text)) return Number(text);
  throw new GenerateCertsError(
    'ERR_PORT_INVALID',
    `${quote(text)} of --listen is not a port`,
    'such as 9443',
  );
}
