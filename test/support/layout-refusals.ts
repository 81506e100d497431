// How the program of each layout refuses a client: what the tests expect, and the table in docs/layouts.md. An alert
// is what the server's TLS sends; another text is what the program says to the client or in its log.

export const CASES = ['no certificate', 'unknown-ca', 'expired', 'wrong-usage', 'revoked'] as const;
export type Case = (typeof CASES)[number];

/** A program that reads no revocation list, with the configuration that is printed, lets a revoked client in. */
export const LET_IN = 'let in';

const openssl = {
  'no certificate': 'alert certificate required',
  'unknown-ca': 'alert unknown ca',
  expired: 'alert certificate expired',
  'wrong-usage': 'alert unsupported certificate',
  revoked: 'alert certificate revoked',
} as const satisfies Record<Case, string>;

/** What Go says in the log of the program. Go 1.19 sends the alert of a bad certificate for all of them. */
export const GO = {
  'no certificate': "client didn't provide a certificate",
  'unknown-ca': 'certificate signed by unknown authority',
  expired: 'certificate has expired or is not yet valid',
  'wrong-usage': 'certificate specifies an incompatible key usage',
  revoked: LET_IN,
} as const satisfies Record<Case, string>;

/** What Java says, in the log of the program. */
const JSSE = {
  'no certificate': 'Empty client certificate chain',
  'unknown-ca': 'Path does not chain with any of the trust anchors',
  expired: 'validity check failed',
  'wrong-usage': 'Extended key usage does not permit use for TLS client authentication',
  revoked: LET_IN,
} as const satisfies Record<Case, string>;

const noList = { ...openssl, revoked: LET_IN } as const;

export const REFUSALS = {
  postgres: { ...openssl, 'no certificate': 'connection requires a valid client certificate' },
  mysql: { ...openssl, 'no certificate': 'Access denied' },
  redis: noList,
  rabbitmq: { ...noList, 'wrong-usage': 'alert handshake failure' },
  mosquitto: openssl,
  nats: GO,
  etcd: { ...GO, revoked: 'certificate serial .* revoked' },
  haproxy: openssl,
  kafka: JSSE,
  java: JSSE,
  tls: GO,
} as const satisfies Record<string, Record<Case, string>>;

/** The cases that a program refuses, with what each is told. */
export function refusals(layout: keyof typeof REFUSALS): [Case, string][] {
  const said: Record<Case, string> = REFUSALS[layout];
  return CASES.map((of) => [of, said[of]] as [Case, string]).filter(([, refusal]) => refusal !== LET_IN);
}

/** Those that its TLS refuses with an alert. */
export function tlsRefusals(layout: keyof typeof REFUSALS): [Case, string][] {
  return refusals(layout).filter(([, refusal]) => refusal.startsWith('alert '));
}

const NAMED = {
  postgres: ['PostgreSQL 15', 'the user of the CN; a whole name by `pg_ident.conf`'],
  mysql: ['MariaDB 10.11', 'the user with the subject'],
  redis: ['Redis 7.0', 'none'],
  rabbitmq: ['RabbitMQ 3.10', 'the user of the CN'],
  mosquitto: ['Mosquitto 2.0', 'the user of the CN'],
  nats: ['NATS 2.9', 'the user of the whole subject'],
  etcd: ['etcd 3.4', 'the user of the CN'],
  haproxy: ['HAProxy 2.6', 'in the answer, as configured'],
  kafka: ['Kafka 4.3', 'the principal: the whole subject'],
  java: ['JSSE of Java 17', 'the principal'],
  tls: ['Caddy 2.6', 'in the answer, as configured'],
} as const satisfies Record<keyof typeof REFUSALS, readonly [string, string]>;

/** The table of docs/layouts.md. */
export function renderRefusals(): string {
  const rows = Object.entries(NAMED).map(([layout, [program, name]]) => {
    const cells = CASES.map((of) => {
      const said: string = REFUSALS[layout as keyof typeof REFUSALS][of];
      return said === LET_IN ? `**${LET_IN}**` : said.replace('.*', '…');
    });
    return `| \`${layout}\` | ${program} | ${[...cells, name].join(' | ')} |`;
  });
  const head = `| layout | program | ${CASES.join(' | ')} | the client's name |`;
  return [
    head,
    `| ${Array(CASES.length + 3)
      .fill('---')
      .join(' | ')} |`,
    ...rows,
  ].join('\n');
}
