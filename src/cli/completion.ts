// Completion scripts for shells, made from what Commander knows of the commands and options.
import type { Command, Option } from 'commander';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** What completes the value of an option: known words, or files and folders. */
export type Values = readonly string[] | 'file' | 'folder' | undefined;

interface CompletedOption {
  readonly flags: readonly string[];
  readonly description: string;
  /** Nothing for a switch. */
  readonly takesValue: boolean;
  readonly values: Values;
}

interface CompletedCommand {
  readonly name: string;
  readonly description: string;
  readonly options: readonly CompletedOption[];
  /** What completes its arguments. */
  readonly arguments: readonly string[];
  /** Whether its arguments are files. */
  readonly takesFiles: boolean;
}

/**
 * The script that a shell reads.
 *
 * @param valuesOf what completes an option's value, by the option's long flag
 * @param takesFiles whether the arguments of a command are files, by its name
 */
export function completionScript(
  shell: Shell,
  program: Command,
  valuesOf: (option: string, command: string | undefined) => Values,
  takesFiles: (command: string) => boolean,
): string {
  const describe = (command: Command, name?: string): readonly CompletedOption[] =>
    [...command.options.filter(({ hidden }) => !hidden), HELP].map((option) => ({
      flags: [option.short, option.long].filter((flag) => flag !== undefined) as string[],
      description: option.description,
      takesValue: option.required === true || option.optional === true,
      values: option.argChoices ?? valuesOf(option.long ?? '', name),
    }));
  const commands = program.commands.map((command) => ({
    name: command.name(),
    description: command.description(),
    options: describe(command, command.name()),
    arguments: [...(command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []) ?? [])],
    takesFiles: takesFiles(command.name()),
  }));
  return WRITERS[shell](program.name(), describe(program), commands);
}

const HELP = { short: '-h', long: '--help', description: 'help', required: false, optional: false } as Option;

type Writer = (
  program: string,
  options: readonly CompletedOption[],
  commands: readonly CompletedCommand[],
) => string;

const flagsOf = (options: readonly CompletedOption[]) => options.flatMap(({ flags }) => flags).join(' ');

const bash: Writer = (program, options, commands) => {
  const valueCases = (some: readonly CompletedOption[]) =>
    some
      .filter(({ takesValue }) => takesValue)
      .map(({ flags, values }) => {
        const reply =
          values === 'folder'
            ? 'compopt -o filenames; COMPREPLY=($(compgen -d -- "$current"))'
            : values === 'file'
              ? 'compopt -o filenames; COMPREPLY=($(compgen -f -- "$current"))'
              : `COMPREPLY=($(compgen -W '${(values ?? []).join(' ')}' -- "$current"))`;
        return `        ${flags.join('|')}) ${reply}; return ;;`;
      })
      .join('\n');
  const commandCases = commands
    .map(
      (command) => `    ${command.name})
      case "$previous" in
${valueCases(command.options)}
      esac
      COMPREPLY=($(compgen -W '${[flagsOf(command.options), ...command.arguments].join(' ')}' -- "$current")) ;;`,
    )
    .join('\n');
  return `_${identifier(program)}() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" command='' word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    if [ "$word" = -- ]; then COMPREPLY=(); return; fi
    case "$word" in ${commands.map(({ name }) => name).join('|')}) command="$word"; break ;; esac
  done
  case "$command" in
${commandCases}
    *)
      case "$previous" in
${valueCases(options)}
      esac
      COMPREPLY=($(compgen -W '${commands.map(({ name }) => name).join(' ')} ${flagsOf(options)}' -- "$current")) ;;
  esac
}
complete -o default -F _${identifier(program)} ${program}
`;
};

const zsh: Writer = (program, options, commands) => {
  const specs = (some: readonly CompletedOption[]) =>
    some
      .flatMap(({ flags, description, takesValue, values }) =>
        flags.map((flag) => {
          const action =
            values === 'folder'
              ? '_files -/'
              : values === 'file'
                ? '_files'
                : `(${(values ?? []).join(' ')})`;
          return zshQuote(`*${flag}[${zshText(description)}]${takesValue ? `:value:${action}` : ''}`);
        }),
      )
      .map((spec) => `        ${spec}`)
      .join(' \\\n');
  const cases = commands
    .map(
      (command) => `    ${command.name})
      _arguments \\
${specs(command.options)} \\
        ${zshQuote(command.arguments.length > 0 ? `*:argument:(${command.arguments.join(' ')})` : '*:argument:_default')} ;;`,
    )
    .join('\n');
  return `#compdef ${program}
_${identifier(program)}() {
  local -a commands=(
${commands.map(({ name, description }) => `    ${zshQuote(`${name}:${description.replaceAll(':', '\\:')}`)}`).join('\n')}
  )
  local command='' word
  for word in "\${(@)words[2,CURRENT-1]}"; do
    if (( \${commands[(I)$word:*]} )); then command=$word; break; fi
  done
  case "$command" in
${cases}
    *)
      _arguments \\
${specs(options)} \\
        '*: :->words'
      if [[ $state = words ]]; then _describe command commands; fi ;;
  esac
}
if [[ $zsh_eval_context[-1] = loadautofunc ]]; then _${identifier(program)} "$@"; else compdef _${identifier(program)} ${program}; fi
`;
};

const fish: Writer = (program, options, commands) => {
  const names = commands.map(({ name }) => name).join(' ');
  const line = (condition: string, { flags, description, takesValue, values }: CompletedOption) => {
    const forms = flags.map((flag) =>
      flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`,
    );
    const value = !takesValue
      ? ''
      : values === 'folder'
        ? " -x -a '(__fish_complete_directories)'"
        : values === 'file'
          ? ' -r -F'
          : ` -x -a '${(values ?? []).join(' ')}'`;
    return `complete -c ${program} -n ${fishQuote(condition)} ${forms.join(' ')}${value} -d ${fishQuote(description)}`;
  };
  const without = `not __fish_seen_subcommand_from ${names}`;
  return [
    `complete -c ${program} -f`,
    ...commands.map(
      ({ name, description }) =>
        `complete -c ${program} -n ${fishQuote(without)} -a ${name} -d ${fishQuote(description)}`,
    ),
    ...options.map((option) => line(without, option)),
    ...commands.flatMap(({ name, options: own, arguments: words, takesFiles }) => [
      ...own.map((option) => line(`__fish_seen_subcommand_from ${name}`, option)),
      ...(words.length > 0
        ? [`complete -c ${program} -n '__fish_seen_subcommand_from ${name}' -a '${words.join(' ')}'`]
        : []),
      ...(takesFiles ? [`complete -c ${program} -n '__fish_seen_subcommand_from ${name}' -F`] : []),
    ]),
    '',
  ].join('\n');
};

const WRITERS: Readonly<Record<Shell, Writer>> = { bash, zsh, fish };

const identifier = (program: string) => program.replaceAll('-', '_');
const zshText = (text: string) => text.replace(/[[\]:\\]/g, (sign) => `\\${sign}`);
const zshQuote = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
const fishQuote = (text: string) => `'${text.replace(/[\\']/g, (sign) => `\\${sign}`)}'`;
