import type { Manifest, ManifestCertificate } from '../../store/manifest/manifest.js';
import { formatDistance, formatMoment } from '../../util/moments.js';
import { drawBar } from './bar.js';
import { drawChain, flawOf } from './chain.js';
import { htmlDocument } from './document.js';
import { type Html, html, NOTHING } from './html.js';

/**
 * One page of a set: whether it lives, then each certificate with its time and, where it must be refused, the field
 * that is wrong.
 *
 * @param problems what is wrong with files of the set, by their paths
 */
export function formatSetPage(manifest: Manifest, problems: ReadonlyMap<string, string>, now: Date): string {
  const ended = Date.parse(manifest.expiresAt) <= now.getTime();
  const good = !ended && problems.size === 0;
  const headline = ended
    ? 'This set has ended'
    : problems.size > 0
      ? 'This set is damaged'
      : 'This set is complete and valid';
  const moments = manifest.certificates.flatMap(({ notBefore, notAfter }) => [notBefore, notAfter]);
  const scale = scaleOf(moments.map((moment) => Date.parse(moment)));
  const end = `${ended ? 'ended' : 'ends'} ${formatMoment(manifest.expiresAt)}, ${formatDistance(manifest.expiresAt, now)}`;
  const page = html`<header class="verdict ${good ? 'right' : 'wrong'}">
<h1>${headline}</h1>
<p>made ${formatMoment(manifest.createdAt)}, ${end}</p>
</header>
<main>
${[...problems].length === 0 ? NOTHING : html`<section>\n<h2>What is wrong</h2>\n<ul>${problemList(problems)}</ul>\n</section>`}
${GROUPS.map(({ title, roles }) => {
  const own = manifest.certificates.filter(({ role }) => roles.includes(role));
  if (own.length === 0) return NOTHING;
  const drawn = own.map((certificate, index) =>
    drawCertificate(certificate, `${roles[0]}-${index + 1}`, scale, now),
  );
  return html`<section>\n<h2>${title}</h2>\n${drawn}</section>\n`;
})}
</main>`;
  return htmlDocument(`generate-certs: ${headline}`, page);
}

const GROUPS: readonly { title: string; roles: readonly string[] }[] = [
  { title: 'The CA', roles: ['ca', 'intermediate'] },
  { title: 'Servers', roles: ['server', 'peer'] },
  { title: 'Clients to let in', roles: ['client'] },
  { title: 'Clients to refuse', roles: ['untrusted'] },
  { title: 'Servers to refuse', roles: ['untrusted-server'] },
];

function problemList(problems: ReadonlyMap<string, string>): Html[] {
  return [...problems].map(([path, text]) => html`<li><code>${path}</code> ${text}</li>\n`);
}

/** Where on the scale of all certificates a moment is, from 0 to 1. */
function scaleOf(times: readonly number[]): (time: number) => number {
  const first = times.reduce((least, time) => Math.min(least, time), Number.POSITIVE_INFINITY);
  const last = times.reduce((most, time) => Math.max(most, time), Number.NEGATIVE_INFINITY);
  return (time) => (last > first ? (time - first) / (last - first) : 0);
}

function drawCertificate(
  certificate: ManifestCertificate,
  id: string,
  scale: (time: number) => number,
  now: Date,
): Html {
  const { notBefore, notAfter, revokedAt } = certificate;
  const side = certificate.role === 'untrusted-server' ? 'server' : 'client';
  const flaw = flawOf(certificate.flaw ?? undefined, side);
  const [from, to] = [scale(Date.parse(notBefore)), scale(Date.parse(notAfter))];
  const paths = Object.values(certificate.files).flatMap((parts) => Object.values(parts));
  return html`<article id="${id}" aria-labelledby="${id}-title">
<h3 id="${id}-title">${certificate.name}</h3>
<dl>
<dt>subject</dt><dd>${certificate.subject}</dd>
<dt>signed by</dt><dd>${certificate.issuer}</dd>
<dt>names</dt><dd>${certificate.subjectAltNames.length === 0 ? 'the subject alone' : certificate.subjectAltNames.join(', ')}</dd>
<dt>key</dt><dd>${certificate.key ?? 'not in the set: signed by request'}</dd>
<dt>serial number</dt><dd><code>${certificate.serialNumber}</code></dd>
<dt>SHA-256</dt><dd><code>${certificate.sha256}</code></dd>
<dt>valid</dt><dd>${formatMoment(notBefore)} to ${formatMoment(notAfter)}${drawBar(from, to, scale(now.getTime()))}</dd>
${revokedAt === null ? NOTHING : html`<dt>revoked</dt><dd>${formatMoment(revokedAt)}</dd>`}
<dt>files</dt>${[...new Set(paths)].map((path) => html`<dd><code>${path}</code></dd>`)}
</dl>
${flaw === undefined ? NOTHING : drawChain(flaw, side)}
</article>
`;
}
