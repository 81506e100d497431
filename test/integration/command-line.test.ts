// The command line as a person meets it: words, help, colours, narrow terminals, completion in real shells.
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject, test } from 'vitest';
import { temporaryFolder } from '../support/folder.js';
import { EXECUTABLE, generateCerts, REPOSITORY, run } from '../support/program.js';

describe('a word that is not a name', () => {
  test.each(['verfiy', 'shwo', 'list', 'status', 'delete', 'install', 'version'])(
    '%s is a usage error, and nothing is written',
    (word) => {
      const cwd = temporaryFolder();
      const { status, stdout, stderr } = generateCerts([word], { cwd });
      expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
      expect(stderr).toContain(`a host of that name is written with a final dot: ${word}.`);
      expect(readdirSync(cwd)).toEqual([]);
    },
  );

  test('does not touch the set that is there', () => {
    const cwd = temporaryFolder();
    expect(generateCerts(['-l', 'grpc', '-q'], { cwd }).status).toBe(0);
    const before = run('sh', ['-c', 'find certs -type f | sort | xargs sha256sum'], { cwd }).stdout;
    expect(generateCerts(['verfiy'], { cwd }).status).toBe(2);
    expect(run('sh', ['-c', 'find certs -type f | sort | xargs sha256sum'], { cwd }).stdout).toBe(before);
  });

  test('a host of that name is written with a final dot', () => {
    const cwd = temporaryFolder();
    const { status, stdout } = generateCerts(['-l', 'grpc', 'status.'], { cwd });
    expect(status).toBe(0);
    expect(stdout).toContain('DNS:status');
  });

  test('a file that exists is told as one', () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, 'x.csr'), '');
    expect(generateCerts(['x.csr'], { cwd })).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("'x.csr' is a file, not a host name"),
    });
  });
});

describe('words behind -- are names', () => {
  test.each(['show', 'clean', 'serve', 'exec', 'help'])('%s makes a set for a host', (word) => {
    const cwd = temporaryFolder();
    const { status, stdout } = generateCerts(['-l', 'grpc', '--', word], { cwd });
    expect(status).toBe(0);
    expect(stdout).toContain(`DNS:${word}`);
  });

  test('a shell that stands there is not run', () => {
    const cwd = temporaryFolder();
    const { status } = generateCerts(['--', 'exec', 'sh', '-c', 'touch proof'], { cwd });
    expect(status).toBe(2);
    expect(existsSync(join(cwd, 'proof'))).toBe(false);
  });
});

describe('help', () => {
  test('begins with the usage, then six examples', () => {
    const { stdout } = generateCerts(['--help']);
    expect(stdout).toMatch(/^Usage: generate-certs \[options\] \[name\.\.\.\]\n/);
    const examples = /\nExamples:\n([\s\S]*?)\n\n/.exec(stdout)?.[1] ?? '';
    expect(examples.split('\n').filter((line) => /^ {2}generate-certs/.test(line))).toHaveLength(6);
    expect(stdout.indexOf('Examples:')).toBeLessThan(stdout.indexOf('Options:'));
  });

  test('of nonsense is a usage error; of help it is the help', () => {
    expect(generateCerts(['help', 'nonsense'])).toMatchObject({
      status: 2,
      stdout: '',
      stderr: expect.stringContaining("'nonsense' is not a command"),
    });
    expect(generateCerts(['help', 'verfy']).stderr).toContain("did you mean 'generate-certs help verify'?");
    for (const args of [['help', '--help'], ['help'], ['-h'], ['help', 'help']]) {
      expect(generateCerts(args)).toMatchObject({ status: 0, stdout: expect.stringMatching(/^Usage:/) });
    }
  });

  test('of every command has an example', () => {
    const [, listed = ''] = generateCerts(['--help']).stdout.split('\nCommands:\n');
    const commands = [...listed.matchAll(/^ {2}([a-z-]+) [[<]/gm)].map(([, name]) => name ?? '');
    expect(commands.length).toBeGreaterThan(10);
    for (const name of commands.filter((command) => command !== 'help')) {
      expect([name, generateCerts([name, '--help']).stdout]).toEqual([
        name,
        expect.stringMatching(/\nExamples:\n {2}(?:eval|source|generate-certs)/),
      ]);
    }
  });

  test('-v, -V and --version say the same', () => {
    const [first, ...others] = ['--version', '-v', '-V'].map((flag) => generateCerts([flag]));
    expect(first?.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    for (const other of others) expect(other).toEqual(first);
  });

  test.each([['--help'], ['verify', '--help'], ['serve', '--help']])(
    'breaks between words on a terminal of 40 columns: %j',
    (...args) => {
      const script = 'stty cols 40; exec "$0" "$@"';
      const quoted = [process.execPath, EXECUTABLE, ...args].map((word) => `'${word}'`).join(' ');
      const { stdout } = run('script', ['-qec', `sh -c '${script}' ${quoted}`, '/dev/null']);
      expect(stdout).toContain('Usage:');
      const long = stdout
        .split(/\r?\n/)
        .filter((line) => line.length > 40)
        // One word, or a command to type, is never broken.
        .filter(
          (line) => / \S+ \S/.test(line.trim()) && !/^ {2}(?:generate-certs|-|[a-z-]+ [[<])/.test(line),
        );
      expect(long.filter((line) => !/^(?:Usage:|\s+generate-certs)/.test(line))).toEqual([]);
    },
  );
});

test.each([
  [['--san', 'api.test'], 'names are given without an option'],
  [['--days', '3'], '--valid-for'],
  [['--layuot', 'grpc'], 'did you mean --layout?'],
  [['--\u001b]0;title\u0007', 'x'], 'see generate-certs --help'],
])('an unknown option is answered with what helps: %j', (args, hint) => {
  const { status, stderr } = generateCerts(args);
  expect(status).toBe(2);
  expect(stderr).toContain(hint);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not be there.
  expect(stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
});

test('an option of any length is told of in a line', () => {
  const { stderr } = generateCerts([`--${'x'.repeat(100_000)}`]);
  expect(stderr.length).toBeLessThan(400);
});

test('colours are forced and taken away by the usual variables', () => {
  const folder = join(temporaryFolder(), 'certs');
  const plain = { NO_COLOR: '', FORCE_COLOR: '0' };
  expect(generateCerts(['-l', 'grpc', '-o', folder], { env: plain }).stdout).not.toContain('\u001b[');
  const shown = generateCerts(['show', '-o', folder], { env: { FORCE_COLOR: '1', NO_COLOR: '' } });
  expect(shown.stdout).toContain('\u001b[1m');
});

test('a tree is drawn in ASCII where the locale has no more', () => {
  const folder = join(temporaryFolder(), 'certs');
  expect(generateCerts(['-l', 'grpc', '-o', folder, '-q']).status).toBe(0);
  const inAscii = generateCerts(['show', '-o', folder], { env: { LC_ALL: 'C' } }).stdout;
  expect(inAscii).toMatch(/^[\n -~]*$/);
  expect(generateCerts(['show', '-o', folder], { env: { LC_ALL: 'C.UTF-8' } }).stdout).toContain('└── ');
});

test('verify with --quiet prints what failed, and nothing where all is right', () => {
  const folder = join(temporaryFolder(), 'certs');
  expect(generateCerts(['-l', 'grpc', '-o', folder, '-q']).status).toBe(0);
  expect(generateCerts(['verify', '-q', '-o', folder])).toEqual({ status: 0, stdout: '', stderr: '' });
  writeFileSync(join(folder, 'client.pem'), 'damaged');
  const { status, stdout } = generateCerts(['verify', '-q', '-o', folder]);
  expect(status).toBe(1);
  expect(stdout).toContain('client.pem');
  expect(stdout).not.toContain('certificate server');
});

describe('completion', () => {
  const scripts = new Map<string, string>();
  const script = (shell: string) => {
    const known = scripts.get(shell) ?? generateCerts(['completion', shell]).stdout;
    scripts.set(shell, known);
    return known;
  };

  test('of an unknown shell is a usage error', () => {
    expect(generateCerts(['completion', 'tcsh'])).toMatchObject({ status: 2, stdout: '' });
  });

  test('bash completes commands, options and values', () => {
    const complete = (line: string) => {
      const words = line.split(' ');
      const array = words.map((word) => `'${word}'`).join(' ');
      const source = `${script('bash')}
        compopt() { :; }
        COMP_WORDS=(${array}); COMP_CWORD=${words.length - 1}; _generate_certs; printf '%s\\n' "\${COMPREPLY[@]}"`;
      return run('bash', ['-c', source]).stdout.trim().split('\n');
    };
    expect(complete('generate-certs ver')).toEqual(['verify', 'verify-client']);
    expect(complete('generate-certs --lay')).toEqual(['--layout']);
    expect(complete('generate-certs --layout g')).toEqual(['grpc']);
    expect(complete('generate-certs verify --jun')).toEqual(['--junit']);
    expect(complete('generate-certs -u exp')).toEqual(['expired']);
    expect(complete('generate-certs completion z')).toEqual(['zsh']);
    expect(complete('generate-certs s')).toEqual(['show', 'server', 'sign', 'serve']);
    expect(complete('generate-certs --pe')).toEqual(['--peer']);
    expect(complete('generate-certs sign --as p')).toEqual(['peer']);
    expect(complete('generate-certs server --as s')).toEqual(['server']);
    expect(complete('generate-certs rotate --step d')).toEqual(['drop']);
    expect(complete('generate-certs show --next post')).toEqual(['postgres']);
    expect(complete('generate-certs verify-client --flaw cn')).toEqual(['cn-only']);
  });

  test.skipIf(!inject('tools').zsh)('zsh reads the script', () => {
    const file = join(temporaryFolder(), '_generate-certs');
    writeFileSync(file, script('zsh'));
    const source = `autoload -Uz compinit; compinit -D; source ${file}; print -r -- $_comps[generate-certs]`;
    expect(run('zsh', ['-fc', source])).toEqual({ status: 0, stdout: '_generate_certs\n', stderr: '' });
  });

  test.skipIf(!inject('tools').fish)('fish completes commands and values', () => {
    const file = join(temporaryFolder(), 'generate-certs.fish');
    writeFileSync(file, script('fish'));
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, 'dora.csr'), '');
    const complete = (line: string) =>
      run('fish', ['--no-config', '-c', `source ${file}; complete -C ${JSON.stringify(line)}`], { cwd })
        .stdout.trim()
        .split('\n')
        .map((entry) => entry.split('\t')[0]);
    expect(complete('generate-certs veri')).toEqual(['verify', 'verify-client']);
    expect(complete('generate-certs --layout g')).toContain('grpc');
    expect(complete('generate-certs sign --as c')).toContain('client');
    expect(complete('generate-certs sign d')).toEqual(['dora.csr']);
    expect(complete('generate-certs client d')).toEqual(['']);
  });
});

test('the repository has no second parser of the command line', () => {
  const found = run('grep', ['-rln', 'parseArgs', join(REPOSITORY, 'src')]);
  expect(found.stdout).toBe('');
});
