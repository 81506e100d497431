import { type JsonSchema, textOf } from '../../request/field.js';
import { listOf, objectOf, orNull, reference, text } from '../../request/json-schema.js';
import type { LayoutRegistry } from '../../request/layout-rules.js';
import { RECORDED_FIELDS } from '../../request/recorded.js';

const hex = (description: string, others: object = {}) =>
  text(description, { pattern: '^[0-9a-f]+$', ...others });
const moment = (description: string) =>
  text(description, { pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ$' });

/** A JSON Schema (draft 7) of the manifest, versions 1 and 2. */
export function manifestSchema(layouts: LayoutRegistry): JsonSchema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'The manifest of a set of certificates that generate-certs made (set.json)',
    ...objectOf(
      {
        version: { enum: [1, 2], description: 'the version of this form; later ones may add keys' },
        createdAt: moment('when the set was made, in UTC'),
        expiresAt: moment('when the set ends, in UTC'),
        request: requestOf(layouts),
        certificates: listOf('every certificate of the set', reference('certificate')),
        revocationList: reference('revocationList'),
        rotation: objectOf(
          {
            step: {
              enum: ['trust', 'issue'],
              description: 'the last step that was made: the next CA is trusted too, or it signs already',
            },
            revocationList: reference('revocationList'),
            clients: listOf(
              "the clients' certificates of the previous CA",
              objectOf({ name: text('the client'), serialNumber: hex('of its previous certificate') }),
            ),
          },
          { description: 'a rotation of the CA that is under way' },
        ),
        files: listOf('every file of the set but this one', reference('file')),
      },
      { optional: ['rotation'] },
    ),
    definitions: { certificate: CERTIFICATE, revocationList: REVOCATION_LIST, file: FILE },
  };
}

/** What the set was asked to be, by the list of everything that may be asked for. */
function requestOf(layouts: LayoutRegistry): JsonSchema {
  const properties = RECORDED_FIELDS.map(([name, { help, schema, recorded }]) => [
    name,
    { description: textOf(help, layouts), ...(recorded.schema ?? schema?.(layouts)) },
  ]);
  const optional = RECORDED_FIELDS.flatMap(([name, { recorded }]) => ('missing' in recorded ? [name] : []));
  const description = 'what the set was asked to be';
  return objectOf(Object.fromEntries(properties), { description, optional });
}

const CERTIFICATE = objectOf(
  {
    role: {
      enum: ['ca', 'server', 'peer', 'client', 'untrusted', 'untrusted-server'],
      description: 'what the certificate is for',
    },
    name: text("ca, intermediate-<n>, a party's id or identity, or untrusted-<flaw>"),
    flaw: orNull(text('the one thing that is wrong with it; null where nothing is')),
    subject: text('its subject'),
    issuer: text('the subject of the CA that signed it'),
    subjectAltNames: listOf('its subject alternative names, such as DNS:localhost', { type: 'string' }),
    key: orNull(text('the type of its key; null where someone else holds it')),
    publicKey: text('the public half of a key that someone else holds: SubjectPublicKeyInfo in base64'),
    serialNumber: hex('its serial number, in hex'),
    sha256: hex('SHA-256 over its DER, in hex', { minLength: 64, maxLength: 64 }),
    notBefore: moment('when it begins'),
    notAfter: moment('when it ends'),
    revokedAt: orNull(moment('when it was revoked; null where it was not')),
    files: {
      type: 'object',
      description: "its files by layout (authority for the CA's own) and part, relative to the set's folder",
      additionalProperties: { type: 'object', additionalProperties: { type: 'string' } },
    },
  },
  { optional: ['publicKey'] },
);

const REVOCATION_LIST = objectOf(
  {
    number: { type: 'integer', minimum: 1, description: 'the CRL number' },
    reservedSerialNumber: hex('on the list from the start, for the flaw revoked'),
    revocations: listOf(
      'what is on the list',
      objectOf({ serialNumber: hex('of a certificate'), revokedAt: moment('when it was revoked') }),
    ),
  },
  { description: "a CA's revocation list" },
);

const FILE = objectOf({
  path: text("relative to the set's folder, with /"),
  mode: text('its permissions, in four octal digits', { pattern: '^0[0-7]{3}$' }),
  sha256: hex('SHA-256 over its content, in hex', { minLength: 64, maxLength: 64 }),
});
