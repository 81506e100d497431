import { type Command, Option } from 'commander';
import { GenerateCertsError, quote } from '../../errors.js';
import type { VerifyReport } from '../../index.js';
import { readRegularFile } from '../../util/regular-file.js';
import { PROTOCOLS, SCHEMES, SHORT_PROTOCOLS, type ShortName } from '../../verify/protocols/index.js';
import {
  gather,
  outOption,
  parseTimeout,
  passwordFileOption,
  reportOptions,
  timeoutOption,
} from '../options.js';
import { givenPassword } from '../password.js';
import { printReport, type ReportOptions } from '../report/print.js';
import { typedCommand } from '../report/typed-command.js';
import { ERR, isTerminal } from '../terminal/output.js';
import { showingProgress } from '../terminal/progress.js';
import { type ExitStatus, Terminal } from '../terminal/terminal.js';

interface VerifyOptions extends ReportOptions, Partial<Record<ShortName, string[]>> {
  out: string;
  model?: string;
  path?: string[];
  method?: string[];
  request?: string[];
  serverName?: string;
  connectTo?: string;
  serverCa?: string;
  client?: string[];
  refused?: string[];
  revokeCheck?: boolean;
  passwordFile?: string;
  timeout: string;
  strict?: boolean;
}

/** What says how an endpoint is called, beside the requests of its protocol: name, value, meaning, whether it repeats. */
const HOW = [
  ['server-name', 'name', 'the name to call, and to check the server for (default: of the URL)'],
  ['connect-to', 'host:port', 'where to connect to, whatever the URL says'],
  ['server-ca', 'file', "the CA of the server's certificate, in PEM (default: the set's)"],
  ['client', 'name', 'a valid client to try; may be repeated (default: all, up to 20)', gather],
  ['refused', 'client', 'a valid client that the endpoint must refuse by its name; may be repeated', gather],
] as const;

export function describeVerify(command: Command, setExitStatus: (status: ExitStatus) => void): void {
  command
    .usage('[options] [url...]')
    .argument('[url...]', `endpoints to prove: ${SCHEMES.map((scheme) => `${scheme}://`).join(', ')}`)
    .addOption(outOption());
  for (const {
    name,
    short: { value, description },
  } of SHORT_PROTOCOLS) {
    command.addOption(new Option(`--${name} <${value}>`, description).argParser(gather));
  }
  command.option('--model <name>', 'also ask for the metadata of this KServe v2 model, and for an inference');
  for (const { name, value, description } of PROTOCOLS.flatMap(({ requests }) => requests?.options ?? [])) {
    command.addOption(new Option(`--${name} <${value}>`, description).argParser(gather));
  }
  for (const [name, value, description, parser] of HOW) {
    const option = new Option(`--${name} <${value}>`, description);
    command.addOption(parser === undefined ? option : option.argParser(parser));
  }
  command.option('--revoke-check', 'make a client, revoke it, and see it refused, its sessions as well');
  command.addOption(passwordFileOption());
  command.addOption(timeoutOption('case', '5s'));
  for (const option of reportOptions('policy flaws that are let in fail')) command.addOption(option);
  command.action(async (urls: string[], options: VerifyOptions) => {
    const terminal = new Terminal(options);
    const report = await prove(urls, options, terminal);
    setExitStatus(await printReport({ ...report, command: typedCommand(command) }, options, terminal));
  });
}

async function prove(
  urls: readonly string[],
  options: VerifyOptions,
  terminal: Terminal,
): Promise<VerifyReport> {
  const { verifyCertificateSet, verifyEndpoint } = await import('../../index.js');
  const { out, timeout, strict, model, path, method, request } = options;
  const { serverName, connectTo, serverCa, client, refused, revokeCheck } = options;
  const timeoutMs = parseTimeout(timeout) * 1000;
  const short = SHORT_PROTOCOLS.map(({ name }) => [name, options[name]] as const);
  if (urls.length === 0 && short.every(([, typed]) => typed === undefined)) {
    checkNothingAlone(options);
    return verifyCertificateSet(out, { strict });
  }
  const password = revokeCheck === true ? givenPassword(options, terminal) : undefined;
  const shown = options.quiet !== true && isTerminal(ERR);
  return showingProgress(shown, (onProgress) =>
    verifyEndpoint({
      ...{ set: out, ...Object.fromEntries(short), url: urls },
      ...{
        model,
        path,
        method,
        request,
        serverName,
        connectTo,
        client,
        refused,
        revokeCheck,
        password,
        timeoutMs,
        strict,
        onProgress,
      },
      serverCa: serverCa === undefined ? undefined : readCa(serverCa),
    }),
  );
}

/** What says how an endpoint is proved says nothing without one. */
function checkNothingAlone(options: VerifyOptions): void {
  const names = [
    'model',
    ...PROTOCOLS.flatMap(({ requests }) => (requests?.options ?? []).map(({ name }) => name)),
    ...HOW.map(([name]) => name),
    'revoke-check',
    'password-file',
  ];
  const camel = (name: string) => name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
  const alone = names.find((name) => options[camel(name) as keyof VerifyOptions] !== undefined);
  if (alone === undefined) return;
  const shorts = SHORT_PROTOCOLS.map(({ name, short }) => `--${name} <${short.value}>`);
  throw new GenerateCertsError(
    'ERR_USAGE',
    `--${alone} was given without an endpoint`,
    `add a URL, ${shorts.join(' or ')}`,
  );
}

function readCa(path: string): string {
  const pem = readPem(path);
  if (pem.includes('-----BEGIN CERTIFICATE-----')) return pem;
  throw caInvalid(`${quote(path)} holds no certificate`);
}

function readPem(path: string): string {
  try {
    return readRegularFile(path, { followLinks: true }).toString('utf8');
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    throw caInvalid(`cannot read the CA ${quote(path)}: ${REASONS[code] ?? message}`);
  }
}

function caInvalid(message: string): GenerateCertsError {
  return new GenerateCertsError('ERR_OPTION_INVALID', message, 'give a file of CA certificates in PEM');
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'permission denied',
  EFTYPE: 'it is no file',
  EFBIG: 'it is too large',
};
