import type { DistinguishedName } from '../asn1/distinguished-name.js';
import type { Validity } from '../issue/certificate.js';
import type { QuickKeyType } from '../keys/keys.js';
import type { ParsedParty } from '../request.js';

/** What a worker thread needs to know of a CA to sign for it. */
export interface ThreadData {
  readonly name: DistinguishedName;
  /** The CA's private key; passed from memory to memory, within one process. */
  readonly privateKeyPem: string;
  /** Of the CA, hex. */
  readonly keyIdentifier: string;
  readonly permittedDnsNames: readonly string[] | undefined;
  readonly validity: Validity;
  readonly keyType: QuickKeyType;
}

/** Parties that a worker thread is to make. */
export interface BatchRequest {
  /** The first one's place among all. */
  readonly from: number;
  readonly parties: readonly ParsedParty[];
}

/** What a worker thread made, in the order of the request: the parts of all parties in one piece of memory. */
export interface BatchReply {
  readonly from: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Of each part, one after the other. */
  readonly lengths: Uint32Array<ArrayBuffer>;
}

/** A party's certificate and key, as they pass from one thread to another. */
export interface PartyParts {
  /** Hex. */
  readonly serialNumber: string;
  readonly der: Buffer;
  readonly publicKeyDer: Buffer;
  readonly privateKeyPem: string;
}

const PARTS = 4;

/** One piece of memory moves to another thread as it is; many small ones would each be copied with their pool. */
export function packParties(from: number, parties: readonly PartyParts[]): BatchReply {
  const parts = parties.flatMap(({ serialNumber, der, publicKeyDer, privateKeyPem }) => [
    Buffer.from(serialNumber, 'hex'),
    der,
    publicKeyDer,
    Buffer.from(privateKeyPem, 'latin1'),
  ]);
  const lengths = Uint32Array.from(parts, (part) => part.length);
  const bytes = new Uint8Array(lengths.reduce((sum, length) => sum + length, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return { from, bytes, lengths };
}

/**
 * Whether an answer has the shape of one to a request: the parts of as many parties, none of them empty, that fill its
 * memory.
 */
export function isReplyTo({ from, parties }: BatchRequest, reply: unknown): reply is BatchReply {
  if (reply === null || typeof reply !== 'object') return false;
  const { from: answered, bytes, lengths } = reply as Record<keyof BatchReply, unknown>;
  if (answered !== from || !(bytes instanceof Uint8Array) || !(lengths instanceof Uint32Array)) return false;
  const total = lengths.reduce((sum, length) => sum + length, 0);
  const fills = bytes.byteLength === bytes.buffer.byteLength && total === bytes.byteLength;
  return fills && lengths.length === parties.length * PARTS && lengths.every((length) => length > 0);
}

export function unpackParties({ bytes, lengths }: BatchReply): PartyParts[] {
  const all = Buffer.from(bytes.buffer);
  let end = 0;
  const parts = Array.from(lengths, (length) => {
    end += length;
    return all.subarray(end - length, end);
  });
  return Array.from({ length: parts.length / PARTS }, (_, party) => {
    const [serialNumber, der, publicKeyDer, privateKeyPem] = parts.slice(party * PARTS) as [
      Buffer,
      Buffer,
      Buffer,
      Buffer,
    ];
    return {
      serialNumber: serialNumber.toString('hex'),
      der,
      publicKeyDer,
      privateKeyPem: privateKeyPem.toString('latin1'),
    };
  });
}
