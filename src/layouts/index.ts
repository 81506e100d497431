import { findLayout } from '../request/layout-rules.js';
import { grpc } from './grpc.js';
import type { Layout } from './layout.js';
import { nginx } from './nginx.js';
import { docker } from './programs/docker.js';
import { etcd } from './programs/etcd.js';
import { haproxy } from './programs/haproxy.js';
import { java } from './programs/java.js';
import { kafka } from './programs/kafka.js';
import { kubernetes } from './programs/kubernetes.js';
import { mongodb } from './programs/mongodb.js';
import { mosquitto } from './programs/mosquitto.js';
import { mysql } from './programs/mysql.js';
import { nats } from './programs/nats.js';
import { postgres } from './programs/postgres.js';
import { rabbitmq } from './programs/rabbitmq.js';
import { redis } from './programs/redis.js';
import { tls } from './programs/tls.js';

/** To add a layout, write its file and list it here. */
const KNOWN = [
  nginx,
  grpc,
  tls,
  java,
  postgres,
  redis,
  haproxy,
  docker,
  etcd,
  mosquitto,
  nats,
  mysql,
  kubernetes,
  kafka,
  mongodb,
  rabbitmq,
] as const;

/**
 * The name of a layout: the consumer of the files.
 *
 * @example
 * ```ts
 * const layouts: LayoutName[] = ['grpc'];
 * const set = await createCertificateSet({ layouts });
 * ```
 */
export type LayoutName = (typeof KNOWN)[number]['name'];

/** The known layouts, in the order in which their files are listed. */
export const LAYOUTS: readonly (Layout & { readonly name: LayoutName })[] = KNOWN;

/**
 * The names of the known layouts, in the order in which their files are listed.
 *
 * @example
 * ```ts
 * console.log(LAYOUT_NAMES.includes('postgres')); // true
 * ```
 */
export const LAYOUT_NAMES = LAYOUTS.map(({ name }) => name);

/** @throws {@link GenerateCertsError} `ERR_LAYOUT_UNKNOWN` */
export function layoutOf(name: string): Layout & { readonly name: LayoutName } {
  return findLayout(LAYOUTS, name);
}

/** The folder of a layout, relative to the set's: with one layout its files go straight into it. */
export function layoutFolder(name: string, all: readonly string[]): string {
  return all.length > 1 ? name : '';
}

/** The layouts that have a revocation list. */
export function layoutsWithRevocationList(): LayoutName[] {
  return LAYOUTS.filter(({ partyFiles, sharedFiles }) =>
    [...partyFiles, ...sharedFiles].some(({ part }) => part === 'revocationList'),
  ).map(({ name }) => name);
}

/** The layout whose files NGINX is a front with. */
export const FRONT_LAYOUT = nginx;
