// What the action's inputs come to on the command line. Each value is in a form that can be nothing else than that
// value: behind `--name=`, or behind `--`, where everything is a host name.

/**
 * @param {(name: string) => string} input an input's value by its name, empty where it was not given
 * @param {(message: string) => never} fail
 * @returns {string[]}
 */
export function argumentsOf(input, fail) {
  const lines = (name) =>
    input(name)
      .split(/\r?\n/)
      .map((line) => line.trim())
      .filter((line) => line !== '');
  const option = (name) => (input(name) === '' ? [] : [`--${name}=${input(name)}`]);
  const repeated = (name) => lines(name).map((line) => `--${name}=${line}`);
  const flag = (name) => {
    const value = input(name);
    if (value === 'true') return [`--${name}`];
    if (value === 'false' || value === '') return [];
    return fail(`the input ${name} is ${JSON.stringify(value)}, not true or false`);
  };
  return [
    `--out=${outOf(input)}`,
    ...repeated('server'),
    ...repeated('peer'),
    ...repeated('layout'),
    ...repeated('client'),
    ...option('clients'),
    ...repeated('untrusted'),
    ...repeated('untrusted-server'),
    ...option('key'),
    ...option('valid-for'),
    ...option('backdate'),
    ...flag('plain-san'),
    ...option('ca-key'),
    ...flag('name-constraints'),
    ...option('intermediates'),
    ...option('ca'),
    ...flag('issuer'),
    ...repeated('key-mode'),
    ...repeated('owner'),
    ...option('config'),
    ...flag('force'),
    '--',
    ...lines('names'),
  ];
}

export function outOf(input) {
  return input('out') === '' ? 'certs' : input('out');
}
