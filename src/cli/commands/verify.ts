import { type Command, Option } from 'commander';
import { GenerateCertsError } from '../../errors.js';
import type { VerifyReport } from '../../index.js';
import { parseDuration } from '../../util/duration.js';
import { PROTOCOLS, type ProtocolName, SCHEMES } from '../../verify/protocols/index.js';
import { gather, outOption, reportOptions, timeoutOption } from '../options.js';
import { printReport, type ReportOptions } from '../report/print.js';
import { typedCommand } from '../report/typed-command.js';
import { type ExitStatus, Terminal } from '../terminal/terminal.js';

interface VerifyOptions extends ReportOptions, Partial<Record<ProtocolName, string[]>> {
  out: string;
  model?: string;
  path?: string;
  method?: string;
  timeout: string;
  strict?: boolean;
}

export function describeVerify(command: Command, setExitStatus: (status: ExitStatus) => void): void {
  command
    .usage('[options] [url...]')
    .argument('[url...]', `endpoints to prove: ${SCHEMES.map((scheme) => `${scheme}://`).join(', ')}`)
    .addOption(outOption());
  for (const { name, short } of PROTOCOLS) {
    if (short === undefined) continue;
    const { value, description } = short;
    command.addOption(new Option(`--${name} <${value}>`, description).argParser(gather));
  }
  command.option('--model <name>', 'also ask for the metadata of this KServe v2 model, and for an inference');
  for (const { request } of PROTOCOLS) {
    if (request === undefined) continue;
    command.option(`--${request.name} <${request.value}>`, request.description);
  }
  command.addOption(timeoutOption('case', '5s'));
  for (const option of reportOptions('policy flaws that are let in fail')) command.addOption(option);
  command.action(async (urls: string[], options: VerifyOptions) => {
    const report = await prove(urls, options);
    setExitStatus(
      await printReport({ ...report, command: typedCommand(command) }, options, new Terminal(options)),
    );
  });
}

async function prove(urls: readonly string[], options: VerifyOptions): Promise<VerifyReport> {
  const { verifyCertificateSet, verifyEndpoint } = await import('../../index.js');
  const { out, timeout, strict, model, path, method } = options;
  const timeoutMs = parseDuration(timeout) * 1000;
  const short = PROTOCOLS.map(({ name }) => [name, options[name as ProtocolName]] as const);
  if (urls.length > 0 || short.some(([, typed]) => typed !== undefined)) {
    const named = { ...Object.fromEntries(short), endpoints: urls };
    return verifyEndpoint({ set: out, ...named, model, path, method, timeoutMs, strict });
  }
  const alone = ['model', ...PROTOCOLS.flatMap(({ request }) => request?.name ?? [])].find(
    (name) => options[name as keyof VerifyOptions] !== undefined,
  );
  if (alone === undefined) return verifyCertificateSet(out, { strict });
  const shorts = PROTOCOLS.flatMap(({ name, short: option }) =>
    option === undefined ? [] : [`--${name} <${option.value}>`],
  );
  throw new GenerateCertsError(
    'ERR_USAGE',
    `--${alone} was given without an endpoint`,
    `add ${shorts.join(' or ')}`,
  );
}
