import { describe, expect, test } from 'vitest';
import { deriveBytes } from '../../src/pki/formats/pkcs12-password.js';

// The vectors that OpenSSL and Bouncy Castle have for RFC 7292 appendix B ("smeg", "queeg").
describe('the key derivation of PKCS #12', () => {
  test.each([
    ['smeg', '0a58cf64530d823f', 1, 24, 1, '8aaae6297b6cb04642ab5b077851284eb7128f1a2a7fbca3'],
    ['smeg', '0a58cf64530d823f', 2, 8, 1, '79993dfe048d3b76'],
    ['smeg', '642b99ab44fb4b1f', 1, 24, 1, 'f3a95fec48d7711e985cfe67908c5ab79fa3d7c5caa5d966'],
    ['smeg', '3d83c0e4546ac140', 3, 20, 1, '8d967d88f6caa9d714800ab3d48051d63f73a312'],
    ['queeg', '05dec959acff72f7', 1, 24, 1000, 'ed2034e36328830ff09df1e1a07dd357185dac0d4f9eb3d4'],
    ['queeg', '05dec959acff72f7', 2, 8, 1000, '11dedad7758d4860'],
  ])('%s, salt %s, purpose %i, %i octets, %i rounds', (password, salt, id, length, rounds, expected) => {
    const derived = deriveBytes('sha1', password, Buffer.from(salt, 'hex'), id, length, rounds);
    expect(derived.toString('hex')).toBe(expected);
  });
});
