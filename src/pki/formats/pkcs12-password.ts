import { createCipheriv, createHmac, hash, pbkdf2Sync, randomBytes } from 'node:crypto';
import { NULL, octetString, oid, sequence, smallInteger } from '../asn1/der.js';

/**
 * How often a password is hashed: OpenSSL's own count. More would only take longer, for the password of a test
 * file is known to everyone who reads the test.
 */
export const ITERATIONS = 2048;

/** How a file is protected: encryption of its parts, and the code over the whole. */
export interface Protection {
  /** Encrypts with a salt or a vector of its own; gives the AlgorithmIdentifier and the ciphertext. */
  readonly encrypt: (plain: Uint8Array) => { readonly algorithm: Buffer; readonly encrypted: Buffer };
  /** MacData over the contents (RFC 7292 section 4). */
  readonly authenticate: (content: Uint8Array) => Buffer;
}

/**
 * PBES2 with PBKDF2 and HMAC-SHA-256, AES-256-CBC (RFC 8018 section 6.2), and an SHA-256 code: what Java since
 * 8u301, OpenSSL 3 and Windows since 2019 write themselves.
 */
export function modernProtection(password: string): Protection {
  const salt = randomBytes(16);
  // The parts of a file have one key and vectors of their own: the derivation is what takes long.
  let key: Buffer | undefined;
  return {
    encrypt: (plain) => {
      const iv = randomBytes(16);
      key ??= pbkdf2Sync(Buffer.from(password, 'utf8'), salt, ITERATIONS, 32, 'sha256');
      const derivation = sequence(
        PBKDF2,
        sequence(octetString(salt), smallInteger(ITERATIONS), sequence(HMAC_SHA256, NULL)),
      );
      const algorithm = sequence(PBES2, sequence(derivation, sequence(AES_256_CBC, octetString(iv))));
      return { algorithm, encrypted: encipher('aes-256-cbc', key, iv, plain) };
    },
    authenticate: (content) => macData('sha256', password, content),
  };
}

/** Three-key triple DES and an SHA-1 code (RFC 7292 appendix C): what Java 8 and macOS read. */
export function legacyProtection(password: string): Protection {
  return {
    encrypt: (plain) => {
      const salt = randomBytes(16);
      const derive = (id: number, length: number) => deriveBytes('sha1', password, salt, id, length);
      const encrypted = encipher('des-ede3-cbc', derive(KEY, 24), derive(IV, 8), plain);
      const algorithm = sequence(SHA_AND_3DES, sequence(octetString(salt), smallInteger(ITERATIONS)));
      return { algorithm, encrypted };
    },
    authenticate: (content) => macData('sha1', password, content),
  };
}

const PBES2 = oid('1.2.840.113549.1.5.13');
const PBKDF2 = oid('1.2.840.113549.1.5.12');
const HMAC_SHA256 = oid('1.2.840.113549.2.9');
const AES_256_CBC = oid('2.16.840.1.101.3.4.1.42');
const SHA_AND_3DES = oid('1.2.840.113549.1.12.1.3');

function encipher(name: string, key: Uint8Array, iv: Uint8Array, plain: Uint8Array): Buffer {
  const cipher = createCipheriv(name, key, iv);
  return Buffer.concat([cipher.update(plain), cipher.final()]);
}

/** The hashes of the code: its identifier, its length and its block length in octets. */
const HASHES = {
  sha1: { id: oid('1.3.14.3.2.26'), length: 20, block: 64 },
  sha256: { id: oid('2.16.840.1.101.3.4.2.1'), length: 32, block: 64 },
} as const;
type HashName = keyof typeof HASHES;

function macData(name: HashName, password: string, content: Uint8Array): Buffer {
  const { id, length } = HASHES[name];
  const salt = randomBytes(16);
  const mac = createHmac(name, deriveBytes(name, password, salt, MAC, length))
    .update(content)
    .digest();
  return sequence(
    sequence(sequence(id, NULL), octetString(mac)),
    octetString(salt),
    smallInteger(ITERATIONS),
  );
}

/** What derived bytes are for (RFC 7292 appendix B.3). */
const KEY = 1;
const IV = 2;
const MAC = 3;

/** The derivation of RFC 7292 appendix B.2; Node has none of its own. */
export function deriveBytes(
  name: HashName,
  password: string,
  salt: Uint8Array,
  id: number,
  length: number,
  iterations = ITERATIONS,
): Buffer {
  const { block } = HASHES[name];
  const diversifier = Buffer.alloc(block, id);
  const input = Buffer.concat([fill(salt, block), fill(passwordBytes(password), block)]);
  const blocks: Buffer[] = [];
  for (let derived = 0; derived < length; ) {
    let digest = hash(name, Buffer.concat([diversifier, input]), 'buffer');
    for (let round = 1; round < iterations; round++) digest = hash(name, digest, 'buffer');
    blocks.push(digest);
    derived += digest.length;
    if (derived < length) addToEach(input, fill(digest, block), block);
  }
  return Buffer.concat(blocks).subarray(0, length);
}

/** UTF-16 in network order, with two zero octets at its end (RFC 7292 appendix B.1). */
function passwordBytes(password: string): Buffer {
  return Buffer.from(`${password}\0`, 'utf16le').swap16();
}

/** Copies of some bytes, as many as fill whole blocks. */
function fill(bytes: Uint8Array, block: number): Buffer {
  return Buffer.alloc(block * Math.ceil(bytes.length / block), bytes);
}

/** Adds a number and one to each block of the input, as numbers in network order. */
function addToEach(input: Buffer, number: Uint8Array, block: number): void {
  for (let start = 0; start < input.length; start += block) {
    let carry = 1;
    for (let index = block - 1; index >= 0; index--) {
      const sum = (input[start + index] ?? 0) + (number[index] ?? 0) + carry;
      input[start + index] = sum & 0xff;
      carry = sum >> 8;
    }
  }
}
