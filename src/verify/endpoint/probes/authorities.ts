import { foreignText } from '../../../errors.js';
import { children } from '../../../pki/asn1/der.js';
import { readNameText } from '../../../pki/asn1/distinguished-name.js';
import type { Finding, Note, Observed } from '../../report/finding.js';
import { type Asked, readCertificateRequest } from '../../wire/certificate-request.js';
import { loadClient, type TlsVersion } from '../../wire/tls.js';
import type { Opened } from '../proof.js';
import { trustedNames } from '../trusted-names.js';
import type { Probe } from './probe.js';
import { beginsWithTls, probeFinding, targetOf } from './probed.js';

/** The CAs that a server names where it asks for a certificate: others than the set's are trusted as well. */
export const probeAuthorities: Probe = async (opened) =>
  beginsWithTls(opened) ? Promise.all(opened.versions.map((tls) => askedBy(opened, tls))) : [];

async function askedBy(opened: Opened, tls: TlsVersion): Promise<Finding> {
  const { valid, timeoutMs, set } = opened;
  const loaded = loadClient(valid.material ?? { ca: set.trustedPem }, tls);
  const begun = performance.now();
  const asked: Asked =
    'outcome' in loaded
      ? { kind: 'unread' }
      : await readCertificateRequest(targetOf(opened), loaded.context, timeoutMs, opened.approach);
  const milliseconds = Math.round(performance.now() - begun);
  const judged = judge(asked, trustedNames(set));
  return {
    ...probeFinding(
      opened,
      { kind: 'authorities' },
      { tls, milliseconds },
      {
        verdict: judged.verdict,
        observed: 'not-tried',
        note: judged.note,
        policy: true,
      },
    ),
    observed: judged.observed,
    expected: { kind: 'own-authorities' },
  };
}

interface Judged {
  readonly verdict: Finding['verdict'];
  readonly observed: Observed;
  readonly note?: Note;
}

function judge(asked: Asked, own: readonly Buffer[]): Judged {
  switch (asked.kind) {
    case 'unread':
      return {
        verdict: 'inconclusive',
        observed: { kind: 'not-tried' },
        note: { kind: 'authorities-unread' },
      };
    case 'not-asked':
      return { verdict: 'right', observed: { kind: 'as-expected' }, note: { kind: 'not-asked' } };
    case 'asked': {
      const others = asked.authorities.filter((name) => !own.some((one) => one.equals(name)));
      if (others.length === 0) return { verdict: 'right', observed: { kind: 'as-expected' } };
      const names = others.slice(0, MOST_NAMES).map((name) => foreignText(nameText(name), LONGEST_NAME));
      const note = { kind: 'other-authorities', names, more: others.length - names.length } as const;
      return { verdict: 'warning', observed: { kind: 'not-as-expected' }, note };
    }
  }
}

const MOST_NAMES = 3;
const LONGEST_NAME = 120;

/** A name that any CA may have written, as far as it is text. */
function nameText(der: Buffer): string {
  return readNameText(der) ?? textsIn(der).join(', ');
}

const STRINGS = new Set([0x0c, 0x12, 0x13, 0x14, 0x16, 0x1a]);

function textsIn(der: Buffer): string[] {
  try {
    const [name] = children(der);
    return children(name?.content ?? Buffer.alloc(0)).flatMap(({ content }) =>
      children(content).flatMap(({ content: pair }) => {
        const value = children(pair)[1];
        return value !== undefined && STRINGS.has(value.tag)
          ? [Buffer.from(value.content).toString('utf8')]
          : [];
      }),
    );
  } catch {
    return ['a name that cannot be read'];
  }
}
