import type { ParsedRequest } from '../../pki/request.js';
import type { Layout, NextStep, NextStepContext } from '../layout.js';
import { type Configuration, configurationFile, FOLDERS, pemFiles, placesOf, urlHost } from './folders.js';
import { withoutCommonName } from './subjects.js';

/** A value is the rest of its line. A client's name is its certificate's CN. */
const server: Configuration = {
  name: 'rabbitmq.conf',
  side: 'server',
  lines: (folder) => [
    'listeners.tcp = none',
    'listeners.ssl.default = 5671',
    `ssl_options.cacertfile = ${folder}/ca_certificate.pem`,
    `ssl_options.certfile = ${folder}/server_certificate.pem`,
    `ssl_options.keyfile = ${folder}/server_key.pem`,
    'ssl_options.verify = verify_peer',
    'ssl_options.fail_if_no_peer_cert = true',
    'auth_mechanisms.1 = EXTERNAL',
    'ssl_cert_login_from = common_name',
  ],
};

/** EXTERNAL is not among the mechanisms that the server has by itself. */
const plugins: Configuration = {
  name: 'enabled_plugins',
  side: 'server',
  comment: '%',
  lines: () => ['[rabbitmq_auth_mechanism_ssl].'],
};

/** The names of RabbitMQ's documentation. With this configuration it reads no revocation list. */
export const rabbitmq = {
  ...FOLDERS,
  name: 'rabbitmq',
  consumer: 'RabbitMQ',
  partyFiles: [
    ...pemFiles(
      {
        certificate: 'server_certificate.pem',
        key: 'server_key.pem',
        authority: 'ca_certificate.pem',
      },
      'server',
    ),
    ...pemFiles(
      {
        certificate: 'client_certificate.pem',
        key: 'client_key.pem',
        authority: 'ca_certificate.pem',
      },
      'client',
    ),
    configurationFile(server),
    configurationFile(plugins),
  ],
  check: (request: ParsedRequest) => withoutCommonName('RabbitMQ', request),
  nextSteps(context: NextStepContext): NextStep[] {
    const places = placesOf(context);
    const { quote } = context;
    const certificate = quote(`${places.client}/client_certificate.pem`);
    return [
      {
        title: 'rabbitmq.conf (it reads no revocation list: a revoked client is let in)',
        lines: server.lines(places.server),
      },
      { title: 'enabled_plugins', lines: plugins.lines(places.server) },
      ...(places.client === undefined
        ? []
        : [
            {
              title: 'a user for the client, without a password',
              command: [
                `rabbitmqctl add_user ${quote(places.clientCommonName)} "$(openssl rand -hex 32)" && rabbitmqctl clear_password ${quote(places.clientCommonName)} &&`,
                `rabbitmqctl set_permissions ${quote(places.clientCommonName)} '.*' '.*' '.*'`,
              ],
            },
            {
              title: 'prove it: the server offers EXTERNAL to the client, and hangs up after 10 seconds',
              command: [
                `printf 'AMQP\\0\\0\\11\\1' | openssl s_client -quiet -verify_return_error -connect ${quote(`${urlHost(places.host)}:5671`)}`,
                `-CAfile ${quote(`${places.client}/ca_certificate.pem`)} -cert ${certificate} -cert_chain ${certificate}`,
                `-key ${quote(`${places.client}/client_key.pem`)} | grep -ao EXTERNAL`,
              ],
            },
          ]),
    ];
  },
} as const satisfies Layout;
