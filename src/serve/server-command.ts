import { GenerateCertsError, quote } from '../errors.js';
import { isSwitchedOff, type ServerFlags } from './known-servers.js';
import { type Listen, parseBindHosts, parsePort } from './listen.js';

/** A server's command line, and where it was to listen by its own flags. */
export interface ServerCommand {
  readonly argv: readonly string[];
  readonly flags: ServerFlags;
  readonly grpc: Listen | undefined;
  readonly rest: Listen | undefined;
}

/** Which sides of a server the front stands before. */
export interface Sides {
  readonly grpc: boolean;
  readonly rest: boolean;
}

/**
 * Reads where a server is to listen from its command line, in both forms: `--port 3335` and `--port=3335`.
 *
 * @param sides the flags of a side that is not the front's are the server's own business
 * @throws {@link GenerateCertsError} `ERR_SERVER_FLAGS_INVALID`, `ERR_PORT_INVALID` or `ERR_ADDRESS_INVALID`
 */
export function readServerCommand(argv: readonly string[], flags: ServerFlags, sides: Sides): ServerCommand {
  const tls = argv.slice(1).find((word) => flags.tls.includes(word.split('=')[0] ?? ''));
  if (tls !== undefined) {
    throw invalid(
      `the server's command has ${tls.split('=')[0]}: TLS of its own, together with the front`,
      'drop one of the two: the flag, or the front (the server alone, with its own TLS); --encrypt-backend encrypts the hop between them',
    );
  }
  const value = (flag: string | undefined) => (flag === undefined ? undefined : flagValue(argv, flag));
  const listen = (side: keyof Sides): Listen | undefined => {
    const portFlag = flags.names[`${side}Port`];
    const bindFlag = flags.names[`${side}Bind`];
    if (!sides[side] || portFlag === undefined || isSwitchedOff(value(flags.switches[side])))
      return undefined;
    const port = value(portFlag) ?? flags.ports[side]?.toString();
    if (port === undefined || isOff(port)) return undefined;
    const bind = value(bindFlag);
    return {
      port: parsePort(port, portFlag),
      addresses: bind === undefined ? [] : parseBindHosts(bind, bindFlag ?? ''),
      ...(bind !== undefined && { bindFlag }),
    };
  };
  return { argv, flags, grpc: listen('grpc'), rest: listen('rest') };
}

/** Whether the value of a port flag turns that side of the server off. */
function isOff(port: string): boolean {
  return /^0+$/.test(port);
}

/** What a model server does and ends with, without listening. */
const ERRANDS = ['--list_models', '--pull', '--add_to_config', '--remove_from_config'];

/**
 * Whether a command line only asks the server for something (its help, its version, a download) and starts no
 * endpoint.
 *
 * @param known whether it is a model server with the usual flags: others may mean something else by theirs
 */
export function isErrand(argv: readonly string[], known: boolean): boolean {
  const errands = ['--help', '--version', ...(known ? ERRANDS : [])];
  return argv.slice(1).some((word) => {
    const [flag = '', value] = word.split('=');
    return errands.includes(flag) && value !== 'false';
  });
}

/** Where the server listens behind the front. */
export interface BackendPorts {
  readonly grpc?: number | undefined;
  readonly rest?: number | undefined;
}

/**
 * The command line with the server moved to loopback ports. A flag keeps its place and its form; one that is
 * not there is added at the end. Every other argument is as it was.
 *
 * @param more arguments to add, such as the native TLS flags
 */
export function moveServer(
  { argv, flags: { names }, grpc, rest }: ServerCommand,
  ports: BackendPorts,
  more: readonly string[] = [],
): string[] {
  const values = new Map<string, string>();
  const set = (flag: string | undefined, value: string | undefined) => {
    if (flag !== undefined && value !== undefined) values.set(flag, value);
  };
  if (grpc !== undefined) {
    set(names.grpcPort, ports.grpc?.toString());
    set(names.grpcBind, LOOPBACK);
  }
  if (rest !== undefined) {
    set(names.restPort, ports.rest?.toString());
    set(names.restBind, LOOPBACK);
  }
  const moved = [...argv];
  for (const [flag, value] of values) {
    const index = indexOf(argv, flag);
    if (index === undefined) moved.push(flag, value);
    else if (argv[index] === flag) moved[index + 1] = value;
    else moved[index] = `${flag}=${value}`;
  }
  return [...moved, ...more];
}

const LOOPBACK = '127.0.0.1';

function flagValue(argv: readonly string[], flag: string): string | undefined {
  const index = indexOf(argv, flag);
  if (index === undefined) return undefined;
  const word = argv[index] ?? '';
  const value = word === flag ? argv[index + 1] : word.slice(flag.length + 1);
  if (value === undefined || value === '' || (word === flag && value.startsWith('--'))) {
    throw invalid(`${flag} of the server's command has no value`, `give one: ${flag} <value>`);
  }
  const again = indexOf(argv, flag, index + 1);
  if (again !== undefined) {
    throw invalid(`${flag} of the server's command is given twice`, 'give it once');
  }
  return value;
}

/** Where a flag stands; a command's first word is its program. */
function indexOf(argv: readonly string[], flag: string, from = 1): number | undefined {
  const index = argv.findIndex((word, at) => at >= from && (word === flag || word.startsWith(`${flag}=`)));
  return index < 0 ? undefined : index;
}

/**
 * Reads the name of a flag of the server's; `none` for a server that has no such flag.
 *
 * @throws {@link GenerateCertsError} `ERR_OPTION_INVALID`
 */
export function parseFlagName(typed: string, option: string): string | undefined {
  if (typed === 'none') return undefined;
  if (/^--?[A-Za-z0-9][\w.-]*$/.test(typed)) return typed;
  throw new GenerateCertsError(
    'ERR_OPTION_INVALID',
    `${quote(typed)} of ${option} is not a flag`,
    'give the flag as the server knows it, such as --http-port, or none',
  );
}

function invalid(message: string, hint: string): GenerateCertsError {
  return new GenerateCertsError('ERR_SERVER_FLAGS_INVALID', message, hint);
}
