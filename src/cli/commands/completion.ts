import { Argument, type Command } from 'commander';
import { LAYOUT_NAMES } from '../../layouts/index.js';
import { FLAW_NAMES, SERVER_FLAWS } from '../../pki/flaws/flaws.js';
import { KEY_TYPES } from '../../pki/keys/key-types.js';
import { ROTATION_STEPS } from '../../store/rotate.js';
import { completionScript, SHELLS, type Shell, type Values } from '../completion.js';
import { Terminal } from '../terminal/terminal.js';
import { FORMAT_NAMES } from './env.js';

export function describeCompletion(command: Command): void {
  command
    .usage('<shell>')
    .addArgument(new Argument('<shell>', 'bash, zsh or fish').choices(SHELLS))
    .action((shell: Shell) => {
      new Terminal().data(completionScript(shell, command.parent ?? command, valuesOf, takesFiles));
    });
}

const SERVER_FLAW_NAMES = SERVER_FLAWS.map(({ name }) => name);

const VALUES: Readonly<Record<string, Values>> = {
  '--out': 'folder',
  '--ca': 'folder',
  '--config': 'file',
  '--password-file': 'file',
  '--layout': LAYOUT_NAMES,
  '--next': LAYOUT_NAMES,
  '--untrusted': [...FLAW_NAMES, 'all', 'none'],
  '--untrusted-server': [...SERVER_FLAW_NAMES, 'all', 'none'],
  '--flaw': SERVER_FLAW_NAMES,
  '--step': ROTATION_STEPS,
  '--intermediates': ['0', '1', '2', '3'],
  '--key': KEY_TYPES,
  '--ca-key': KEY_TYPES,
  '--valid-for': ['30m', '1h', '12h', '1d'],
  '--key-mode': ['600', '640', '644'],
  '--format': FORMAT_NAMES,
  '--junit': 'file',
  '--html': 'file',
  '--ready-file': 'file',
};

function valuesOf(option: string): Values {
  return VALUES[option];
}

const takesFiles = (command: string) => command === 'sign' || command === 'report';
