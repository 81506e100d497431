import { X509Certificate } from 'node:crypto';
import type { Case } from './cases.js';

/** What a case's client is called, in its certificate and in the set, the longest name first. */
export function namesOfCase({ tried, material }: Case): string[] {
  const names = tried.kind === 'client' ? [tried.name] : [];
  if (material?.cert !== undefined) {
    const { subject, subjectAltName } = new X509Certificate(material.cert);
    names.push(...subject.split('\n').flatMap((line) => line.split('=')[1] ?? []));
    names.push(...(subjectAltName ?? '').split(', ').map((name) => name.replace(/^[^:]*:/, '')));
  }
  return longestFirst(names);
}

/** What is part of another comes behind it, so that the other is found whole. */
export function longestFirst(names: readonly string[]): string[] {
  return [...new Set(names)]
    .filter((name) => name.length > 1)
    .sort((one, another) => another.length - one.length);
}
