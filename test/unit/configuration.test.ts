// The configuration file: what it may say, where it is found, and how the command line adds to it.
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Document, stringify } from 'yaml';
import { type ConfigurationOptions, GenerateCertsError, loadConfiguration } from '../../src/index.js';
import { LAYOUTS } from '../../src/layouts/index.js';
import { FIELD_ENTRIES } from '../../src/request/fields.js';
import { joinOptions } from '../../src/request/join.js';
import { readConfigurationOptions } from '../../src/store/configuration/read.js';
import { temporaryFolder } from '../support/folder.js';

/** Reads a text as a file of this name. */
function read(text: string | Buffer, file = 'generate-certs.yaml') {
  const content = Buffer.from(text);
  return readConfigurationOptions(
    { file, content, isPackage: file === 'package.json', warnings: [] },
    '/project',
  );
}

/** The error of a text, as it is printed. */
async function problem(text: string | Buffer, file?: string): Promise<string> {
  try {
    await read(text, file);
  } catch (error) {
    if (error instanceof GenerateCertsError && error.kind === 'input') {
      return `${error.code} ${error.message} (${error.hint})`;
    }
    throw error;
  }
  return 'none';
}

describe('a text', () => {
  test.each([
    ['', {}],
    ['# nothing yet\n', {}],
    ['---\n', {}],
    ['\uFEFFvalidFor: 1h\n', { validFor: '1h' }],
    ['validFor: 1h\r\nclients: [a]\r\n', { validFor: '1h', clients: ['a'] }],
    ['names: &n [a.test]\nclients: *n\n', { names: ['a.test'], clients: ['a.test'] }],
    ['untrusted: all\nuntrustedServers: [expired]\n', { untrusted: 'all', untrustedServers: ['expired'] }],
    ['extraClients: 3\nnameConstraints: false\n', { extraClients: 3, nameConstraints: false }],
    ['keyMode: "640"\nlockTimeout: !!str 5s\n', { keyMode: '640', lockTimeout: '5s' }],
    ['ca: ../ca\n', { ca: '/ca' }],
    ['ca: null\n', { ca: null }],
    ['$schema: ./schema.json\nkey: ec-p256\n', { key: 'ec-p256' }],
  ])('%j asks for %j', async (text, options) => {
    expect(await read(text)).toEqual(options);
  });

  test('of JSON asks for the same, in its own file and in a package.json', async () => {
    const options = { names: ['api.test'], validFor: '1h' };
    expect(await read(JSON.stringify(options, null, '\t'), 'generate-certs.json')).toEqual(options);
    const text = JSON.stringify({ name: 'x', jest: { a: 1 }, 'generate-certs': options });
    expect(await read(text, 'package.json')).toEqual(options);
  });
});

describe('an error names the place', () => {
  test.each([
    ['validFor: 12x\n', ":1:11: '12x' is not a duration"],
    ['names:\n  - a.test\n  - b..test\n', ":3:5: 'b..test' has an empty label"],
    ['clients: [ok, "a\\tb"]\n', ":1:15: 'a\\u{9}b' holds"],
    ['untrusted: [none, expired]\n', ":1:12: 'none' was given together with other flaws"],
    ['layouts: []\n', ":1:10: the option 'layouts' is an empty list"],
    ['servers:\n  api: [a.test]\n  db: [b..test]\n', ":3:8: 'b..test' has an empty label"],
    ['servers:\n  api: [a.test]\n  a/b: [b.test]\n', ":3:3: 'a/b'"],
    ['servers:\n  api: { names: [a.test], layout: [grpc] }\n', ":2:27: 'layout' is not an option"],
    ['peers:\n  - node-1=a.test\n  - node-2\n', ":3:5: 'node-2' has no '='"],
    ['clients:\nkey: rsa-2048\n', ":1:9: the option 'clients' is null"],
    ['key: rsa-2048\nclients: {}\n', ":2:10: the option 'clients' is an object"],
    ['constructor: 1\n', ":1:1: 'constructor' is not a key"],
    ['__proto__: { names: [a] }\n', ":1:1: '__proto__' is not a key"],
    ['? [names]\n: 1\n', ':1:3: a key has to be a text'],
    ['&k key: rsa-2048\n*k : 1\n', ':2:1: a key has to be a text'],
    ['names: *nowhere\n', ':1:8: there is no anchor &nowhere'],
    ['names: [1, &a [*a]]\n', ':1:16: this alias stands in its own anchor'],
    ['clients: { a: 1, a: 2 }\n', ":1:18: the key 'a' is there a second time"],
    ['names: !!binary aGk=\n', ':1:17: no value has the tag tag:yaml.org,2002:binary'],
    ['names: !other [a]\n', ':1:8: no value has the tag !other'],
    ['names: !!set { a }\n', ':1:14: no value has the tag tag:yaml.org,2002:set'],
    ['%NONE\n---\nkey: rsa-2048\n', ':1:1: unknown directive'],
    ['hello\n', ":1:1: 'hello' stands where the options should be"],
    ['42\n', ':1:1: 42 stands where the options should be'],
  ])('%j', async (text, message) => {
    expect(await problem(text)).toContain(`generate-certs.yaml${message}`);
  });

  test.each(FIELD_ENTRIES.filter(([, { schema }]) => schema === undefined))(
    '%s is for a single run, and no key',
    async (name, { flag }) => {
      const message = await problem(`${name}: true\n`);
      expect(message).toContain(`'${name}' is not a key`);
      if (flag !== undefined) expect(message).toContain(`give --${flag.long} on the command line`);
    },
  );

  test.each(FIELD_ENTRIES.filter(([, { schema, flag }]) => schema !== undefined && flag !== undefined))(
    '%s: its name on the command line leads to it',
    async (name, { flag }) => {
      const key = flag?.long ?? '';
      if (key === name || FIELD_ENTRIES.some(([other]) => other === key)) return;
      expect(await problem(`${key}: 1\n`)).toContain(`did you mean '${name}'?`);
    },
  );

  test.each(['600', '0o600', '0644', 'true', '1.5'])('keyMode: %s wants quotes', async (written) => {
    const message = await problem(`keyMode: ${written}\n`);
    const isRight = /^0?[0-7]{3}$/.test(written);
    expect(message.includes(`write it in quotes: '${written}'`)).toBe(isRight);
  });

  test('of a package.json is that of its own file', async () => {
    const text = '{\n  "name": "x",\n  "generate-certs": {\n    "validFor": "12x"\n  }\n}\n';
    expect(await problem(text, 'package.json')).toContain("package.json:4:17: '12x' is not a duration");
    expect(await problem('{ "name": "x" }', 'package.json')).toContain("there is no key 'generate-certs'");
  });

  test('of a JSON file is found where it is YAML but not JSON', async () => {
    expect(await problem('{\n  "validFor": 0x10\n}', 'generate-certs.json')).toMatch(
      /generate-certs\.json:2:1\d: this is not JSON/,
    );
  });
});

describe('a hostile text is refused soon', () => {
  const bomb = (first: string, last: string) => {
    const lists = Array.from({ length: 9 }, (_, level) => {
      const items = level === 0 ? Array(9).fill('x') : Array(9).fill(`*a${level - 1}`);
      return `&a${level} [${items.join(', ')}]`;
    });
    return `${first}${lists.join(', ')}${last}`;
  };

  test.each([
    ['aliases of aliases', bomb('clients: [', ']\n'), 'the aliases stand for more than'],
    ['lists in lists', '['.repeat(300_000), 'nested too deeply'],
    ['a list of lists that ends', `names: ${'['.repeat(100)}${']'.repeat(100)}\n`, 'nested too deeply'],
    ['mappings in mappings', '{'.repeat(300_000), 'nested too deeply'],
    ['many keys', Array.from({ length: 40_000 }, (_, key) => `k${key}: 1`).join('\n'), "'k0' is not a key"],
    ['many aliases', `names: [&a x${', *a'.repeat(60_000)}, '']\n`, 'the name is empty'],
    ['many documents', '---\n'.repeat(50_000), 'a second document begins'],
    ['no text', Buffer.from([0xff, 0xfe, 0x61, 0x00]), 'generate-certs.yaml:1:1: this is not UTF-8'],
  ])('%s', async (_name, text, message) => {
    expect(await problem(text)).toContain(message);
  });
});

/** Texts of YAML that look like configurations, and some that do not. */
const names = FIELD_ENTRIES.map(([name]) => name as string);
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    fc.constantFrom<unknown>(
      'api.test',
      'all',
      'none',
      'expired',
      'grpc',
      '12h',
      'rsa-2048',
      null,
      true,
      600,
      '',
    ),
    fc.string({ unit: 'grapheme' }),
    fc.integer(),
    fc.double(),
    fc.array(tie('any'), { maxLength: 3 }),
    fc.dictionary(fc.string(), tie('any'), { maxKeys: 3 }),
  ),
})).any;
const document = fc.dictionary(fc.oneof(fc.constantFrom(...names), fc.string()), value, { maxKeys: 4 });

describe('whatever stands in the file', () => {
  async function optionsOrError(text: string | Uint8Array): Promise<void> {
    let options: object;
    try {
      options = await read(Buffer.from(text));
    } catch (error) {
      expect(error).toBeInstanceOf(GenerateCertsError);
      const { message, hint, kind } = error as GenerateCertsError;
      expect(kind).toBe('input');
      expect(message).toMatch(/^generate-certs\.yaml:[1-9]\d*:[1-9]\d*: \S/);
      expect(`${message}${hint}`).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u);
      return;
    }
    for (const [name, given] of Object.entries(options)) {
      const field = FIELD_ENTRIES.find(([known]) => known === name)?.[1];
      expect(() => field?.parse(given, LAYOUTS)).not.toThrow();
      expect(field?.schema).toBeDefined();
    }
  }

  test('is options or the one error, for any text', async () => {
    await fc.assert(fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 200 }), optionsOrError));
  });

  test('is options or the one error, for any bytes', async () => {
    await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 60 }), optionsOrError));
  });

  test("is options or the one error, for the signs of YAML's own", async () => {
    const sign = fc.constantFrom(
      ...'-:?[]{},&*!|>\'"%@` \n\t#~<=.a1',
      'names',
      '---',
      '...',
      '!!',
      '<<',
      '\\x',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(sign, { maxLength: 30 }), (signs) => optionsOrError(signs.join(''))),
      { numRuns: 2000 },
    );
  });

  test('is options or the one error, for documents', async () => {
    await fc.assert(
      fc.asyncProperty(document, (given) => optionsOrError(stringify(given))),
      { numRuns: 500 },
    );
  });

  test('the first item that is wrong is the one that is named', async () => {
    const good = fc.constantFrom('a.test', 'b.test', '10.0.0.7');
    await fc.assert(
      fc.asyncProperty(fc.array(good), fc.array(good), async (before, after) => {
        const text = new Document({ names: [...before, 'b..test', ...after] }).toString();
        const line = text.split('\n').findIndex((one) => one.includes('b..test')) + 1;
        expect(await problem(text)).toContain(`generate-certs.yaml:${line}:5: 'b..test'`);
      }),
    );
  });
});

describe('the command line adds', () => {
  test('to every option that may be repeated', () => {
    for (const [name, { repeats, join }] of FIELD_ENTRIES)
      expect([name, join !== undefined]).toEqual([name, repeats === true]);
  });

  const join2 = (file: object, given: object) => joinOptions(file, given, LAYOUTS);

  test.each([
    [{ names: ['a.test'] }, { names: ['b.test', 'a.test'] }, { names: ['a.test', 'b.test'] }],
    [{ layouts: ['grpc'] }, {}, { layouts: ['grpc'] }],
    [{}, { layouts: ['grpc'] }, { layouts: ['grpc'] }],
    [{ layouts: ['grpc'] }, { layouts: ['nginx'] }, { layouts: ['grpc', 'nginx'] }],
    [{ clients: ['none'] }, { clients: ['bob'] }, { clients: ['none', 'bob'] }],
    [
      { servers: { api: ['a.test'], db: ['b.test'] } },
      { servers: ['db=c.test,d.test', 'queue=q.test'] },
      {
        servers: [
          { id: 'api', names: ['a.test'] },
          { id: 'db', names: ['c.test', 'd.test'] },
          { id: 'queue', names: ['q.test'] },
        ],
      },
    ],
    [{ untrusted: 'all' }, { untrusted: ['expired'] }, { untrusted: ['all', 'expired'] }],
    [{ untrusted: 'none' }, { untrusted: ['expired'] }, { untrusted: ['expired'] }],
    [{ untrusted: ['expired'] }, { untrusted: ['none'] }, { untrusted: ['none'] }],
    [{ validFor: '1h' }, { validFor: '2h' }, { validFor: '2h' }],
    [{ nameConstraints: true }, { nameConstraints: false }, { nameConstraints: false }],
    [{ extraClients: 3 }, { extraClients: 1, force: true }, { extraClients: 1, force: true }],
    [{ ca: '/a' }, { ca: null }, { ca: null }],
    [{ clients: ['a'] }, { clients: undefined }, { clients: ['a'] }],
  ])('%j and %j are %j', (file, given, together) => {
    expect(join2(file, given)).toEqual(together);
  });

  test('what is no list does not join one', () => {
    expect(() => join2({ names: ['a.test'] }, { names: 'b.test' })).toThrow("'b.test', not a list");
  });
});

describe('loadConfiguration', () => {
  test('reads the first of the files that are there, and names the others', async () => {
    const folder = temporaryFolder();
    const load = async () => {
      const { file, options, warnings } = await loadConfiguration({ folder });
      return {
        file: file?.slice(folder.length + 1),
        options,
        warned: warnings.map(({ message }) => message),
      };
    };
    expect(await load()).toEqual({ file: undefined, options: {}, warned: [] });
    writeFileSync(join(folder, 'package.json'), '{ "dependencies": { "generate-certs": "1" } }');
    expect(await load()).toMatchObject({ file: undefined, warned: [] });
    writeFileSync(join(folder, 'package.json'), '\uFEFF{ "generate-certs": { "validFor": "1h" } }');
    expect(await load()).toEqual({ file: 'package.json', options: { validFor: '1h' }, warned: [] });
    writeFileSync(join(folder, 'generate-certs.json'), '{ "validFor": "2h" }');
    expect(await load()).toMatchObject({
      file: 'generate-certs.json',
      options: { validFor: '2h' },
      warned: ['generate-certs.json is read, and package.json is not'],
    });
    writeFileSync(join(folder, 'generate-certs.yml'), 'validFor: 3h');
    writeFileSync(join(folder, 'generate-certs.yaml'), 'validFor: 4h');
    expect(await load()).toMatchObject({
      file: 'generate-certs.yaml',
      warned: [
        'generate-certs.yaml is read, and generate-certs.yml and generate-certs.json and package.json are not',
      ],
    });
  });

  test('does not pass over a package.json that is broken and may have the key', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'package.json'), '{\n  "generate-certs": { "validFor": "1h" }\n');
    await expect(loadConfiguration({ folder })).rejects.toThrow(/package\.json:3:1: /);
  });

  test('takes paths in the file from the folder of the file, and those that are added as they are', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'sub'));
    const file = join(folder, 'sub', 'other.yaml');
    writeFileSync(file, 'ca: ../shared');
    const { options } = await loadConfiguration({ file });
    expect(options.ca).toBe(join(folder, 'shared'));
    expect((await loadConfiguration({ file, add: { ca: 'mine' } })).options.ca).toBe('mine');
  });

  test('follows a link to the file', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'real'), 'validFor: 1h');
    symlinkSync(join(folder, 'real'), join(folder, 'generate-certs.yaml'));
    expect((await loadConfiguration({ folder })).options).toEqual({ validFor: '1h' });
  });

  test.each([
    [{ folder: '' }],
    [{ folder: 5 }],
    [{ file: '' }],
    [{ file: 'a\0b' }],
    [{ fodler: '.' }],
    [{ add: { clints: ['a'] } }],
    [{ add: 'clients' }],
    [null],
  ])('refuses %j', async (options) => {
    const loading = loadConfiguration(options as unknown as ConfigurationOptions);
    await expect(loading).rejects.toMatchObject({ code: 'ERR_OPTION_INVALID', kind: 'input' });
  });
});
