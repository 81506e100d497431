import { GenerateCertsError } from '../errors.js';
import { DEFAULT_GRPC_PORT } from '../layouts/model-server.js';
import { isHost } from '../util/hosts.js';
import { parseHostPort } from '../verify/protocols/places.js';
import { flagsOf, hasRestTls } from './known-servers.js';
import { type Listen, parseListen } from './listen.js';
import { isErrand, parseFlagName, readServerCommand, type ServerCommand } from './server-command.js';

/** What the front is asked to be, as typed. */
export interface FrontOptions {
  /** The server's command line; empty for servers that run already. */
  readonly command: readonly string[];
  /** @default '--port' */
  readonly grpcPortFlag?: string | undefined;
  /** @default '--rest_port' */
  readonly restPortFlag?: string | undefined;
  /** One flag for both sides in the place of `--grpc_bind_address` and `--rest_bind_address`. */
  readonly bindFlag?: string | undefined;
  /** A gRPC server that runs already, as `host:port`. */
  readonly backendGrpc?: string | undefined;
  readonly backendRest?: string | undefined;
  /** Where to listen, as `port` or `address:port`, whatever the server's flags say. */
  readonly listenGrpc?: string | undefined;
  readonly listenRest?: string | undefined;
  /** Mutual TLS between NGINX and the server, too. */
  readonly encryptBackend?: boolean | undefined;
  /** The server takes TLS flags for REST as well. */
  readonly backendRestTls?: boolean | undefined;
}

export type Protocol = 'grpc' | 'rest';

/** One listener of the front and what is behind it. */
export interface Side {
  readonly protocol: Protocol;
  readonly listen: Listen;
  /** A server that runs already; nothing for the one that the front starts. */
  readonly running: { readonly host: string; readonly port: number } | undefined;
  /** Whether the hop behind NGINX is mutual TLS. */
  readonly encrypted: boolean;
}

/** What the front will be, checked. */
export interface FrontPlan {
  readonly sides: readonly Side[];
  readonly command: ServerCommand | undefined;
}

/** Whether the command only asks the server for something, such as its help: no front is needed for it. */
export function asksServerOnly({ command, grpcPortFlag, restPortFlag, bindFlag }: FrontOptions): boolean {
  return isErrand(
    command,
    [grpcPortFlag, restPortFlag, bindFlag].every((flag) => flag === undefined),
  );
}

/**
 * Reads what the front is to be. Nothing is started and nothing is looked up.
 *
 * @throws {@link GenerateCertsError} of the kind `input`
 */
export function planFront(options: FrontOptions): FrontPlan {
  const running = {
    grpc: readBackend(options.backendGrpc, '--backend-grpc'),
    rest: readBackend(options.backendRest, '--backend-rest'),
  };
  const command = readCommand(options, {
    grpc: running.grpc === undefined,
    rest: running.rest === undefined,
  });
  const sides = (['grpc', 'rest'] as const).flatMap((protocol): Side[] => {
    const listen = listenOf(protocol, options, command, running[protocol]);
    const encrypted = isEncrypted(protocol, options);
    return listen === undefined ? [] : [{ protocol, listen, running: running[protocol], encrypted }];
  });
  checkPorts(sides);
  checkEncryption(options, sides, command);
  return { sides, command };
}

function readCommand(
  options: FrontOptions,
  sides: { readonly grpc: boolean; readonly rest: boolean },
): ServerCommand | undefined {
  if (options.command.length === 0) {
    if (!sides.grpc || !sides.rest) return undefined;
    throw new GenerateCertsError(
      'ERR_USAGE',
      'there is no server command',
      'give it after --, such as generate-certs serve -- ovms --port 9178, or name a server that runs with --backend-grpc',
    );
  }
  const flag = (typed: string | undefined, option: string, standard: string | undefined) =>
    typed === undefined ? standard : parseFlagName(typed, option);
  const { grpcPortFlag, restPortFlag, bindFlag } = options;
  const known = flagsOf(options.command);
  const names = {
    grpcPort: flag(grpcPortFlag, '--grpc-port-flag', known.names.grpcPort),
    restPort: flag(restPortFlag, '--rest-port-flag', known.names.restPort),
    grpcBind: flag(bindFlag, '--bind-flag', known.names.grpcBind),
    restBind: flag(bindFlag, '--bind-flag', known.names.restBind),
  };
  if (names.grpcPort !== undefined && names.grpcPort === names.restPort) {
    throw optionInvalid(
      `${names.grpcPort} is the flag of both ports`,
      'give each side its own flag, or none to the side that the server does not have',
    );
  }
  return readServerCommand(options.command, { ...known, names }, sides);
}

function readBackend(typed: string | undefined, option: string): Side['running'] {
  if (typed === undefined) return undefined;
  const { host, port } = parseHostPort(typed);
  // It becomes part of NGINX's configuration: nothing but names and addresses.
  if (isHost(host)) return { host, port };
  throw optionInvalid(`the host of ${option} is not a name`, 'give host:port, such as 127.0.0.1:9000');
}

function listenOf(
  protocol: Protocol,
  options: FrontOptions,
  command: ServerCommand | undefined,
  running: Side['running'],
): Listen | undefined {
  const option = `--listen-${protocol}`;
  const typed = protocol === 'grpc' ? options.listenGrpc : options.listenRest;
  const own = command?.[protocol];
  if (own === undefined && running === undefined) {
    if (typed === undefined) return undefined;
    throw optionInvalid(
      `${option} is given and there is no ${protocol === 'grpc' ? 'gRPC' : 'REST'} server behind it`,
      `give the server's port in its command, or --backend-${protocol}`,
    );
  }
  if (typed !== undefined) return parseListen(typed, option);
  if (own !== undefined) return own;
  if (protocol === 'grpc') return { port: DEFAULT_GRPC_PORT, addresses: [] };
  throw optionInvalid('--backend-rest has no port to listen on', 'give one with --listen-rest <port>');
}

function checkPorts(sides: readonly Side[]): void {
  if (sides.length === 0) {
    throw new GenerateCertsError(
      'ERR_USAGE',
      'there is nothing to serve: neither a gRPC port nor a REST port',
      "give the server's REST port in its command, or see --grpc-port-flag and --rest-port-flag",
    );
  }
  const [first, second] = sides;
  if (first === undefined || second === undefined || first.listen.port !== second.listen.port) return;
  throw new GenerateCertsError(
    'ERR_PORT_INVALID',
    `port ${first.listen.port} is given twice: for gRPC and for REST`,
    'give each its own port',
  );
}

function isEncrypted(protocol: Protocol, { encryptBackend, backendRestTls }: FrontOptions): boolean {
  return encryptBackend === true && (protocol === 'grpc' || backendRestTls === true);
}

function checkEncryption(
  options: FrontOptions,
  sides: readonly Side[],
  command: ServerCommand | undefined,
): void {
  if (options.encryptBackend !== true) {
    if (options.backendRestTls !== true) return;
    throw optionInvalid('--backend-rest-tls is given without --encrypt-backend', 'give both, or neither');
  }
  if (sides.some(({ running }) => running !== undefined)) {
    throw optionInvalid(
      '--encrypt-backend is given and the server runs already',
      'its certificate is given to the server by its flags, at its start: give the command after --',
    );
  }
  if (options.backendRestTls === true && command !== undefined && !hasRestTls(command.flags)) {
    throw optionInvalid(
      '--backend-rest-tls is given and the server has no TLS for REST',
      'leave it out: --encrypt-backend encrypts gRPC',
    );
  }
}

function optionInvalid(message: string, hint: string): GenerateCertsError {
  return new GenerateCertsError('ERR_OPTION_INVALID', message, hint);
}
