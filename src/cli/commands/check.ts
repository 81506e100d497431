import type { Command } from 'commander';
import { GenerateCertsError } from '../../errors.js';
import type { FlagReport } from '../../index.js';
import { jsonOption, quietOption } from '../options.js';
import type { Colours } from '../terminal/colours.js';
import { ExitStatus, Terminal } from '../terminal/terminal.js';

interface CheckCommandOptions {
  restTls?: boolean;
  strict?: boolean;
  json?: boolean;
  quiet?: boolean;
}

const STATUS = { right: ExitStatus.done, wrong: ExitStatus.check, unknown: ExitStatus.environment };

export function describeCheck(command: Command, setExitStatus: (status: ExitStatus) => void): void {
  command
    .usage('[options] -- <server command...>')
    .argument('[command...]', "the server's command line")
    .option('--rest-tls', "the server's build has TLS for REST: its flags are checked, not refused")
    .option('--strict', 'warnings fail')
    .addOption(jsonOption('print the findings as JSON'))
    .addOption(quietOption())
    .action(async (argv: string[], options: CheckCommandOptions) => {
      if (argv.length === 0) {
        throw new GenerateCertsError(
          'ERR_USAGE',
          'there is no server command to check',
          'give it after --, such as generate-certs check -- ovms --grpc_certificate_path server.pem',
        );
      }
      const terminal = new Terminal(options);
      const { checkServerFlags } = await import('../../index.js');
      const report = await checkServerFlags(argv, { restTls: options.restTls, strict: options.strict });
      if (options.json) terminal.data(`${JSON.stringify(report, null, 2)}\n`);
      else terminal.result(formatFindings(report, terminal.colour));
      setExitStatus(STATUS[report.result]);
    });
}

const WORDS = { right: 'right', wrong: 'WRONG', warning: 'warn ' } as const;

function formatFindings({ findings }: FlagReport, colour: Colours): string {
  const colours = { right: colour.green, wrong: colour.red, warning: colour.yellow };
  return findings
    .map(({ verdict, message, hint }) => {
      const line = `${colours[verdict](WORDS[verdict])}  ${message}\n`;
      return hint === '' ? line : `${line}       ${hint}\n`;
    })
    .join('');
}
