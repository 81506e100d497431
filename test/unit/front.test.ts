// Reading a server's command line, and writing NGINX's configuration: pure, and closed to what is typed.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { GenerateCertsError } from '../../src/index.js';
import { type NginxConfig, writeNginxConfig } from '../../src/serve/nginx/nginx-config.js';
import { asksServerOnly, type FrontOptions, planFront } from '../../src/serve/plan.js';
import { hasHttp2Directive } from '../../src/serve/processes/programs.js';
import { moveServer } from '../../src/serve/server-command.js';

const plan = (command: readonly string[], more: Omit<FrontOptions, 'command'> = {}) =>
  planFront({ command, ...more });
const listens = (...given: Parameters<typeof plan>) =>
  plan(...given).sides.map(({ protocol, listen }) => ({ protocol, ...listen }));
const failure = (work: () => unknown) => {
  try {
    work();
  } catch (error) {
    if (error instanceof GenerateCertsError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return 'none';
};

describe('a port of 0 turns a side off', () => {
  test('and its flag stays as it was', () => {
    const planned = plan(['ovms', '--port', '0', '--rest_port=2225']);
    expect(planned.sides.map(({ protocol }) => protocol)).toEqual(['rest']);
    expect(moveServer(planned.command as never, { rest: 7 })).toEqual([
      ...['ovms', '--port', '0', '--rest_port=7', '--rest_bind_address', '127.0.0.1'],
    ]);
    expect(listens(['ovms', '--rest_port=0']).map(({ protocol }) => protocol)).toEqual(['grpc']);
  });
});

describe('a command that only asks the server for something', () => {
  test.each([
    [['ovms', '--help'], {}, true],
    [['ovms', '--version', '--port', '1'], {}, true],
    [['ovms', '--list_models', '--model_repository_path', '/m'], {}, true],
    [['ovms', '--pull=true', '--source_model', 'm'], {}, true],
    [['ovms', '--pull=false'], {}, false],
    [['ovms', '--model_name', 'help'], {}, false],
    [['--help'], {}, false],
    [['uvicorn', '--pull'], { bindFlag: '--host' }, false],
    [['uvicorn', '--help'], { bindFlag: '--host' }, true],
  ] as const)('%j %j: %j', (command, more, expected) => {
    expect(asksServerOnly({ command, ...more })).toBe(expected);
  });
});

describe('where the server was to listen', () => {
  test.each([
    [['ovms', '--port', '3335', '--rest_port', '2225']],
    [['ovms', '--port=3335', '--rest_port=2225']],
  ])('%j', (command) => {
    expect(listens(command)).toEqual([
      { protocol: 'grpc', port: 3335, addresses: [] },
      { protocol: 'rest', port: 2225, addresses: [] },
    ]);
  });

  test('without flags it is gRPC alone, on 9178', () => {
    expect(listens(['ovms'])).toEqual([{ protocol: 'grpc', port: 9178, addresses: [] }]);
  });

  test('addresses, several too', () => {
    const command = [
      'ovms',
      '--grpc_bind_address',
      '127.0.0.1,::1',
      '--rest_port',
      '1',
      '--rest_bind_address=localhost',
    ];
    expect(listens(command).map(({ addresses }) => addresses)).toEqual([['127.0.0.1', '::1'], ['localhost']]);
  });

  test('other flags, and a server without gRPC', () => {
    const more = { grpcPortFlag: 'none', restPortFlag: '-p', bindFlag: '--host' };
    const planned = plan(['uvicorn', 'app:app', '-p', '8000', '--host', '::1', '--port', 'left alone'], more);
    expect(planned.sides).toMatchObject([{ protocol: 'rest', listen: { port: 8000, addresses: ['::1'] } }]);
    expect(moveServer(planned.command as never, { rest: 7 })).toEqual([
      'uvicorn',
      'app:app',
      '-p',
      '7',
      '--host',
      '127.0.0.1',
      '--port',
      'left alone',
    ]);
  });

  test('the flags of a side that runs already are left alone', () => {
    const command = ['ovms', '--port', '3335', '--rest_port', '2225', '--rest_bind_address', 'odd'];
    const planned = plan(command, { backendRest: '127.0.0.1:9', listenRest: '8000' });
    expect(planned.sides.map(({ running }) => running)).toEqual([undefined, { host: '127.0.0.1', port: 9 }]);
    expect(moveServer(planned.command as never, { grpc: 7, rest: 9 })).toEqual([
      'ovms',
      '--port',
      '7',
      '--rest_port',
      '2225',
      '--rest_bind_address',
      'odd',
      '--grpc_bind_address',
      '127.0.0.1',
    ]);
  });
});

describe('Triton, which its program tells', () => {
  const files = { certificate: '/c', key: '/k', ca: '/a' };

  test('listens on both of its ports, and is moved by its own flags', () => {
    const planned = plan(['/opt/bin/tritonserver', '--http-port=9000', '--http-address', '127.0.0.1']);
    expect(planned.sides.map(({ protocol, listen }) => [protocol, listen.port, listen.addresses])).toEqual([
      ['grpc', 8001, []],
      ['rest', 9000, ['127.0.0.1']],
    ]);
    expect(moveServer(planned.command as never, { grpc: 7, rest: 8 })).toEqual([
      ...['/opt/bin/tritonserver', '--http-port=8', '--http-address', '127.0.0.1'],
      ...['--grpc-port', '7', '--grpc-address', '127.0.0.1'],
    ]);
  });

  test.each(['false', 'Off', '0'])('has no REST with --allow-http %s', (value) => {
    for (const flag of [['--allow-http', value], [`--allow-http=${value}`]]) {
      const planned = plan(['tritonserver', ...flag]);
      expect(planned.sides.map(({ protocol }) => protocol)).toEqual(['grpc']);
      expect(moveServer(planned.command as never, { grpc: 7 }).join(' ')).not.toContain('--http-');
    }
    expect(listens(['tritonserver', '--allow-http=true'])).toHaveLength(2);
  });

  test('is known behind other words, and takes other flags where they are named', () => {
    expect(listens(['numactl', '-N', '0', 'tritonserver']).map(({ port }) => port)).toEqual([8001, 8000]);
    expect(listens(['tritonserver', '--port', '5'], { grpcPortFlag: '--port' })[0]?.port).toBe(5);
  });

  test('has mutual TLS of its own for gRPC alone', () => {
    const { command } = plan(['tritonserver'], { encryptBackend: true });
    expect(command?.flags.mutualTls('grpc', files)).toEqual([
      '--grpc-use-ssl-mutual=true',
      ...['--grpc-server-cert', '/c', '--grpc-server-key', '/k', '--grpc-root-cert', '/a'],
    ]);
    expect(command?.flags.mutualTls('rest', files)).toBeUndefined();
    const both = { encryptBackend: true, backendRestTls: true };
    expect(failure(() => plan(['tritonserver'], both))).toBe(
      'ERR_OPTION_INVALID: --backend-rest-tls is given and the server has no TLS for REST',
    );
    expect(failure(() => plan(['tritonserver', '--grpc-use-ssl=true']))).toBe(
      "ERR_SERVER_FLAGS_INVALID: the server's command has --grpc-use-ssl: TLS of its own, together with the front",
    );
  });
});

test('every other argument stays as it was, in its place', () => {
  const word = fc.string({ unit: 'binary' }).filter((text) => !text.startsWith('--port'));
  fc.assert(
    fc.property(fc.array(word), fc.array(word), fc.boolean(), (before, after, joined) => {
      const flag = (port: number) => (joined ? [`--port=${port}`] : ['--port', String(port)]);
      const odd = [...before, ...after].some((text) => /^--(?:rest_|grpc_)/.test(text));
      fc.pre(!odd);
      const { command } = plan(['ovms', ...before, ...flag(3335), ...after]);
      const moved = moveServer(command as never, { grpc: 40_001 });
      expect(moved).toEqual([
        'ovms',
        ...before,
        ...flag(40_001),
        ...after,
        '--grpc_bind_address',
        '127.0.0.1',
      ]);
    }),
  );
});

describe('is refused', () => {
  test.each([
    [[], {}, 'ERR_USAGE: there is no server command'],
    [['ovms', '--port', '70000'], {}, "ERR_PORT_INVALID: '70000' of --port is not a port"],
    [
      ['ovms', '--port=0', '--rest_port', '0'],
      {},
      'ERR_USAGE: there is nothing to serve: neither a gRPC port nor a REST port',
    ],
    [['ovms', '--port', '80a'], {}, "ERR_PORT_INVALID: '80a' of --port is not a port"],
    [['ovms', '--port'], {}, "ERR_SERVER_FLAGS_INVALID: --port of the server's command has no value"],
    [['ovms', '--port', '--x'], {}, "ERR_SERVER_FLAGS_INVALID: --port of the server's command has no value"],
    [
      ['ovms', '--port=1', '--port', '1'],
      {},
      "ERR_SERVER_FLAGS_INVALID: --port of the server's command is given twice",
    ],
    [
      ['ovms', '--rest_port', '9178'],
      {},
      'ERR_PORT_INVALID: port 9178 is given twice: for gRPC and for REST',
    ],
    [
      ['ovms', '--grpc_bind_address', 'nowhere;'],
      {},
      "ERR_ADDRESS_INVALID: 'nowhere;' of --grpc_bind_address is not an IP address or a host name",
    ],
    [
      ['ovms', '--grpc_key_path=k'],
      {},
      "ERR_SERVER_FLAGS_INVALID: the server's command has --grpc_key_path: TLS of its own, together with the front",
    ],
    [['ovms'], { backendGrpc: 'here' }, "ERR_ENDPOINT_INVALID: 'here' has no port"],
    [['ovms'], { backendGrpc: 'a;b:1' }, 'ERR_OPTION_INVALID: the host of --backend-grpc is not a name'],
    [[], { backendRest: 'a:1' }, 'ERR_OPTION_INVALID: --backend-rest has no port to listen on'],
    [
      ['ovms'],
      { listenRest: '1' },
      'ERR_OPTION_INVALID: --listen-rest is given and there is no REST server behind it',
    ],
    [['ovms'], { bindFlag: 'x y' }, "ERR_OPTION_INVALID: 'x y' of --bind-flag is not a flag"],
    [
      ['ovms'],
      { grpcPortFlag: 'none' },
      'ERR_USAGE: there is nothing to serve: neither a gRPC port nor a REST port',
    ],
    [['ovms'], { restPortFlag: '--port' }, 'ERR_OPTION_INVALID: --port is the flag of both ports'],
    [
      ['ovms'],
      { backendRestTls: true },
      'ERR_OPTION_INVALID: --backend-rest-tls is given without --encrypt-backend',
    ],
    [
      [],
      { backendGrpc: 'a:1', encryptBackend: true },
      'ERR_OPTION_INVALID: --encrypt-backend is given and the server runs already',
    ],
  ] as const)('%j %j', (command, more, expected) => {
    expect(failure(() => plan(command, more))).toBe(expected);
  });
});

describe("NGINX's configuration", () => {
  const config: NginxConfig = {
    folder: '/tmp/front',
    http2Directive: false,
    tls: {
      certificate: '/c/server.pem',
      key: '/c/server.key',
      clientCa: '/c/ca.pem',
      revocationList: '/c/crl',
    },
    log: 'refused',
    listeners: [
      { protocol: 'grpc', addresses: ['0.0.0.0', '::'], port: 9178, backend: { host: '127.0.0.1', port: 7 } },
    ],
  };

  test('says http2 as the version of NGINX knows it', () => {
    expect(writeNginxConfig(config)).toContain('    listen [::]:9178 ssl http2;\n');
    const newer = writeNginxConfig({ ...config, http2Directive: true });
    expect(newer).toContain('    listen 0.0.0.0:9178 ssl;\n    listen [::]:9178 ssl;\n    http2 on;\n');
    expect(newer).not.toContain('ssl http2');
    const answer = (version: string) => hasHttp2Directive(`nginx version: nginx/${version}\nbuilt with`);
    expect(['1.22.1', '1.25.0', '1.25.1', '1.26.0', '2.0.0'].map(answer)).toEqual([
      false,
      false,
      true,
      true,
      true,
    ]);
  });

  test.each(['a"b', "a'b", 'a\\b', 'a;b', 'a{b', 'a}b', 'a$b', 'a\nb', 'a\0b', 'a\u007fb', ''])(
    'no path breaks out of its directive: %j',
    (path) => {
      for (const part of ['certificate', 'key', 'clientCa', 'revocationList'] as const) {
        const tls = { ...config.tls, [part]: path };
        expect(failure(() => writeNginxConfig({ ...config, tls }))).toMatch(/^ERR_CONFIG_VALUE: /);
      }
      if (path !== '')
        expect(failure(() => writeNginxConfig({ ...config, folder: path }))).toMatch(/^ERR_CONFIG/);
    },
  );

  test('whatever a path or a host is, the directives are the same ones', () => {
    const shape = (text: string) => text.replace(/"[^"\n]*"/g, '""').replace(/server \S+;/, 'server;');
    const usual = shape(writeNginxConfig(config));
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (key, host) => {
        const [listener] = config.listeners;
        const odd = {
          ...config,
          tls: { ...config.tls, key },
          listeners: [{ ...(listener as object), backend: { host, port: 7 } }],
        } as unknown as NginxConfig;
        let text: string;
        try {
          text = writeNginxConfig(odd);
        } catch (error) {
          expect((error as GenerateCertsError).code).toBe('ERR_CONFIG_VALUE');
          return;
        }
        expect(shape(text)).toBe(usual);
      }),
    );
  });
});
