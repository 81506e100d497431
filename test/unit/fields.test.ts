// What follows from the one list of fields: the help, the table of docs/command-line.md, the action's inputs, the schema.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { givenFields, MAKE_OPTIONS } from '../../src/cli/make-options.js';
import { LAYOUTS } from '../../src/layouts/index.js';
import { checkOptions } from '../../src/layouts/requests.js';
import { textOf } from '../../src/request/field.js';
import { FIELD_ENTRIES, FIELDS } from '../../src/request/fields.js';
import { differences } from '../../src/request/recorded.js';
import { requestSchema } from '../../src/request/schema.js';
import { REPOSITORY } from '../support/program.js';

const flagged = FIELD_ENTRIES.flatMap(([name, field]) =>
  field.flag === undefined ? [] : [{ name, ...field, flag: field.flag }],
);

describe('every field', () => {
  test('has a flag of its own', () => {
    const flags = flagged.flatMap(({ flag: { long, short } }) => [long, ...(short ? [short] : [])]);
    expect(new Set(flags).size).toBe(flags.length);
    expect(Object.keys(MAKE_OPTIONS)).toEqual([
      'out',
      ...flagged.map(({ flag }) => flag.long),
      'password-file',
      'config',
      'no-config',
      'json',
      'quiet',
    ]);
  });

  test.each(flagged)('--$flag.long: what is given reaches the library under the name $name', (field) => {
    const { name, flag } = field;
    const given = flag.value === undefined ? true : '7';
    const attribute = flag.long.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
    const options = givenFields({ out: 'certs', [attribute]: given });
    expect(options).toEqual({ [name]: flag.read?.('7') ?? given });
  });

  test.each(FIELD_ENTRIES)('%s: its own default is right', (_name, { parse: check }) => {
    expect(() => check(undefined, LAYOUTS)).not.toThrow();
  });

  test.each(FIELD_ENTRIES.filter(([, { recorded }]) => recorded !== undefined))(
    '%s: the manifest refuses what is of another type',
    (_name, { recorded }) => {
      expect(recorded?.isValid({})).toBe(false);
      expect(recorded?.isValid('\u001b[2J')).toBe(false);
    },
  );
});

test("the page's table has every option, with its meaning and its default", () => {
  const rows = readFileSync(join(REPOSITORY, 'docs', 'command-line.md'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| `-'))
    .map((line) => line.slice(1, -1).split('|'))
    .map((cells) => cells.map((cell) => cell.replaceAll('`', '').trim()).join(' | '));
  for (const { flag, help, repeats, default: preset } of flagged) {
    const { long, short, value } = flag;
    const names = `${short ? `-${short}, ` : ''}--${long}${value ? ` <${value}>` : ''}`;
    const meaning = `${textOf(help, LAYOUTS)}${repeats ? '; may be repeated' : ''}`;
    const byDefault = preset === undefined ? 'off' : textOf(preset, LAYOUTS);
    expect(rows).toContain(`${names} | ${meaning} | ${byDefault}`);
  }
});

test("the action's inputs are the fields that it is to have, the folder and the configuration file", () => {
  const { inputs } = parse(readFileSync(join(REPOSITORY, 'action.yml'), 'utf8')) as { inputs: object };
  const expected = FIELD_ENTRIES.flatMap(([name, { action, flag }]) => (action ? [flag?.long ?? name] : []));
  expect(Object.keys(inputs).filter((name) => !['out', 'config'].includes(name))).toEqual(expected);
});

describe('the schema', () => {
  const validate = new Ajv({ strict: true }).compile(requestSchema(LAYOUTS));

  test('takes every default', () => {
    const { request } = checkOptions({});
    expect(validate({ ...request, extraClients: 2, keyMode: '600', owner: '5000:5000' })).toBe(true);
    expect(validate({})).toBe(true);
  });

  test.each([
    [{ names: [] }],
    [{ names: 'api.test' }],
    [{ layouts: ['ngnix'] }],
    [{ untrusted: ['unkown-ca'] }],
    [{ key: 'rsa-1024' }],
    [{ validFor: '1x' }],
    [{ nameConstraints: 'yes' }],
    [{ keyMode: 600 }],
    [{ layout: ['grpc'] }],
    [{ dryRun: true }],
  ])('refuses %j', (request) => {
    expect(validate(request)).toBe(false);
  });

  test('has every field that is not about a single run', () => {
    const single = ['password', 'new', 'dryRun', 'force', 'signal', 'reuseKeys'];
    const { properties } = requestSchema(LAYOUTS) as { properties: object };
    const fields = Object.keys(FIELDS).filter((name) => !single.includes(name));
    expect(Object.keys(properties)).toEqual(['$schema', ...fields]);
  });
});

describe('two requests', () => {
  const made = { ...checkOptions({}).request, keyMode: '0600', owner: null };

  test('that are the same have no difference', () => {
    expect(differences(made, structuredClone(made))).toEqual([]);
  });

  test('differ by their fields, each with what it makes necessary', () => {
    const asked = {
      ...made,
      names: ['a.test', 'b.test'],
      caKey: 'ec-p384',
      nameConstraints: true,
      owner: '5000',
    };
    expect(differences(made, asked)).toEqual([
      { field: 'names', reissue: 'missing', reason: 'names: a.test, b.test instead of localhost' },
      { field: 'caKey', reissue: 'authority', reason: "the CA's key type: ec-p384 instead of ec-p256" },
      { field: 'nameConstraints', reissue: 'authority', reason: 'name constraints: on instead of off' },
      { field: 'owner', reissue: 'missing', reason: 'owners of keys: 5000 instead of none' },
    ]);
  });

  test('with other clients do not differ: clients are only ever added', () => {
    expect(differences(made, { ...made, clients: ['bob'] })).toEqual([]);
  });
});
