// The words of what is wrong with a set by itself.
import { formatDistance, isoSeconds } from '../../util/moments.js';
import type { SetProblem, TimeLeft } from './finding.js';

/** When a set ends or ended. */
export function timeLeftText({ expiresAt, now }: TimeLeft): string {
  const ended = Date.parse(expiresAt) <= now.getTime();
  return `${ended ? 'ended' : 'ends'} ${formatDistance(expiresAt, now)}`;
}

const PROBLEMS = {
  'other-certificate': 'it is another certificate than the manifest names',
  'no-authority': 'there is no CA to check it against',
  'not-signed': 'the CA did not sign it',
  'other-issuer': "it does not bear the CA's name as its issuer",
  'is-ca': 'it is a CA',
  'no-ca': 'it is no CA',
  'chain-broken': 'its file does not lead up to the CA',
  'no-list': 'it holds no revocation list',
} as const;

/** One thing that is wrong with a set. */
export function problemText(problem: SetProblem): string {
  switch (problem.kind) {
    case 'no-certificate':
      return `${problem.path} holds no certificate`;
    case 'unreadable-certificate':
      return `${problem.path} holds a certificate that cannot be read`;
    case 'no-key':
      return `${problem.path} holds no private key`;
    case 'other-key':
      return `${problem.path} is not the key of ${problem.certificate}`;
    case 'ended':
      return `it ended ${formatDistance(isoSeconds(problem.at), problem.now)}`;
    case 'begins':
      return `it begins ${formatDistance(isoSeconds(problem.at), problem.now)}`;
    case 'not-for-use':
      return `it is not for a ${problem.use}`;
    case 'not-for-name':
      return `it is not for ${problem.name}`;
    case 'other-common-name':
      return `its CN is not ${problem.expected}`;
    case 'list-count':
      return `it holds ${problem.found} revocation lists, not ${problem.expected}`;
    case 'list':
      return problem.text;
    case 'damage':
      return problem.damage.text;
    case 'set-ended':
      return `the set ${timeLeftText(problem.end)}`;
    default:
      return PROBLEMS[problem.kind];
  }
}
