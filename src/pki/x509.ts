// @peculiar/x509 resolves its algorithms through a container that needs the Reflect metadata calls
// to be there when it loads.
import 'reflect-metadata';
import type { webcrypto as node } from 'node:crypto';
import { Crypto } from '@peculiar/webcrypto';
import * as x509 from '@peculiar/x509';

/**
 * The Web Crypto provider behind `@peculiar/x509`. It is given with each call, not set for the whole
 * process: a program that uses that library too may have set its own.
 */
export const provider = new Crypto() as unknown as typeof node;

export type CryptoKey = node.CryptoKey;
export { x509 };
