import type { Command } from 'commander';
import { PROGRAM } from '../terminal/terminal.js';

/** Options that say where a report goes, not what it is about. */
const OUTPUT_OPTIONS = ['json', 'junit', 'markdown', 'html', 'quiet'];

/** The command as it was typed, without what only says where its report goes: to make the report again. */
export function typedCommand(command: Command): string[] {
  const options = command.options.flatMap((option) => {
    const name = option.attributeName();
    if (command.getOptionValueSource(name) !== 'cli' || OUTPUT_OPTIONS.includes(name)) return [];
    const flag = option.long ?? '';
    const value: unknown = command.getOptionValue(name);
    if (Array.isArray(value)) return value.flatMap((each) => [flag, String(each)]);
    return value === true ? [flag] : [flag, String(value)];
  });
  const words = [PROGRAM, command.name(), ...options];
  return command.args.length === 0 ? words : [...words, '--', ...command.args];
}
