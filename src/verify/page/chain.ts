import { CATALOGUE, type Departure, type Flaw, type Side } from '../../pki/flaws/catalogue.js';
import { type Html, html } from './html.js';

/** The entry of the catalogue for one side's certificate; nothing for a flaw that is none of a certificate's. */
export function flawOf(name: string | undefined, side: Side): Flaw | undefined {
  const entries: readonly Flaw[] = CATALOGUE;
  return entries.find((flaw) => flaw.name === name && flaw.sides.includes(side));
}

const FIELDS = [
  ...['signed by', 'signature', 'serial number', 'valid', 'names', 'key', 'key usage', 'extended key usage'],
  ...['other extensions', 'comes with'],
] as const;
type Field = (typeof FIELDS)[number];

/** Which field of a certificate each departure changes. */
const FIELD_OF: Readonly<Record<keyof Departure, Field>> = {
  signer: 'signed by',
  tampered: 'signature',
  hash: 'signature',
  serialNumber: 'serial number',
  validity: 'valid',
  names: 'names',
  outsideNames: 'names',
  key: 'key',
  keyUsage: 'key usage',
  purpose: 'extended key usage',
  unknownCriticalExtension: 'other extensions',
  chain: 'comes with',
};

const AS_IT_MUST_BE: Readonly<Record<Field, Record<Side, string>>> = {
  'signed by': both("the set's CA"),
  signature: both('good'),
  'serial number': both('on no revocation list'),
  valid: both("the set's life"),
  names: { server: 'those of the server', client: 'that of the client' },
  key: both('strong enough'),
  'key usage': both('signs handshakes'),
  'extended key usage': { server: 'serverAuth', client: 'clientAuth' },
  'other extensions': both('known ones'),
  'comes with': both('the CAs between it and the root'),
};

function both(text: string): Record<Side, string> {
  return { server: text, client: text };
}

/** The field in which a flawed certificate departs from a valid one. */
export function deviatingField({ departure }: Flaw): Field {
  const [part] = Object.keys(departure) as (keyof Departure)[];
  if (part === undefined) throw new TypeError('a flaw departs in one thing');
  return FIELD_OF[part];
}

/** The chain of a flawed certificate: who signed whom, and the one field that is not as it must be. */
export function drawChain(flaw: Flaw, side: Side): Html {
  const deviating = deviatingField(flaw);
  const fields = FIELDS.map((field) => {
    const value =
      field === deviating
        ? html`<dd><mark>${flaw.summary}</mark></dd>`
        : html`<dd>${AS_IT_MUST_BE[field][side]}</dd>`;
    return html`<dt>${field}</dt>${value}`;
  });
  return html`<ol class="chain" aria-label="the chain">
${signersOf(flaw, side).map(([title, text]) => html`<li><p>${title}</p><span class="dim">${text}</span></li>\n`)}
<li><p>the ${side}'s certificate</p><dl>${fields}</dl></li>
</ol>
<p class="dim">Against ${flaw.clause}.</p>`;
}

const CA = ["the set's CA", 'trusted'] as const;

function signersOf({ departure }: Flaw, side: Side): (readonly [title: string, text: string])[] {
  switch (departure.signer) {
    case 'self':
      return [];
    case 'namesake-ca':
      return [['another CA', "it has the name of the set's CA, and is not trusted"]];
    case 'leaf':
      return [CA, [`a valid ${side}`, 'it is not a CA']];
    case 'sub-ca':
      return [CA, ['an intermediate CA', "the CA's path length does not allow it"]];
    default:
      return [CA];
  }
}
