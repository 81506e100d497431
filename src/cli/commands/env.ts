import { appendFile } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import { GenerateCertsError, printable, quote } from '../../errors.js';
import { environmentError } from '../../store/transaction/file-system.js';
import { formatDistance, formatMoment } from '../../util/moments.js';
import { hintForUnknown } from '../../util/suggest.js';
import { jsonOption, outOption, quietOption } from '../options.js';
import { ENV_FORMATS, type EnvFormat } from '../terminal/shells.js';
import { PROGRAM, Terminal } from '../terminal/terminal.js';

export const FORMAT_NAMES = Object.keys(ENV_FORMATS) as EnvFormat[];

interface EnvOptions {
  out: string;
  format: string;
  json?: boolean;
  quiet?: boolean;
}

export function describeEnv(command: Command): void {
  command
    .addOption(outOption())
    .addOption(new Option('--format <format>', `${FORMAT_NAMES.join(', ')}`).default('sh', 'sh'))
    .addOption(jsonOption('print the variables as JSON'))
    .addOption(quietOption())
    .addHelpText('after', HELP)
    .action(async (options: EnvOptions) => {
      const terminal = new Terminal(options);
      const format = parseFormat(options.format);
      const variables = await variablesOf(options.out, terminal);
      if (options.json) terminal.data(`${JSON.stringify(variables, null, 2)}\n`);
      else await write(variables, format, terminal);
    });
}

const HELP = `
For this shell: eval "$(${PROGRAM} env)", ${PROGRAM} env --format fish | source, or
${PROGRAM} env --format powershell | Out-String | Invoke-Expression. The format github
appends to the file that GITHUB_ENV names, or prints where there is none.
`;

/** The variables of a set, with a warning where it has ended. */
export async function variablesOf(
  folder: string,
  terminal: Terminal,
): Promise<Readonly<Record<string, string>>> {
  const { trustVariables } = await import('../../index.js');
  const { variables, expiresAt } = await trustVariables(folder);
  const now = new Date();
  if (Date.parse(expiresAt) <= now.getTime()) {
    terminal.warn({
      message: `the set in ${printable(folder)} ended ${formatMoment(expiresAt)}, ${formatDistance(expiresAt, now)}`,
      hint: `programs will refuse it: make it again with '${PROGRAM}'`,
    });
  }
  return variables;
}

function parseFormat(typed: string): EnvFormat {
  const known = FORMAT_NAMES.find((name) => name === typed);
  if (known !== undefined) return known;
  throw new GenerateCertsError(
    'ERR_USAGE',
    `${quote(typed)} is not a format`,
    hintForUnknown(typed, FORMAT_NAMES),
  );
}

async function write(
  variables: Readonly<Record<string, string>>,
  format: EnvFormat,
  terminal: Terminal,
): Promise<void> {
  const text = Object.entries(variables)
    .map(([name, value]) => ENV_FORMATS[format](name, value))
    .join('');
  const file = process.env.GITHUB_ENV ?? '';
  if (format !== 'github' || file === '') {
    terminal.data(text);
    return;
  }
  try {
    await appendFile(file, text);
  } catch (error) {
    throw environmentError(error, `write to ${file}, the file that GITHUB_ENV names`);
  }
}
