// What a person is told of a front, beside its log.
import type { Warning } from '../errors.js';
import { hasRestTls } from './known-servers.js';
import type { FrontPlan } from './plan.js';
import type { End, GroupLeader } from './processes/processes.js';

/** What is not as safe as it could be. */
export function planWarnings({ sides, command }: FrontPlan): Warning[] {
  const plain = sides.find(({ protocol, encrypted }) => protocol === 'rest' && !encrypted);
  if (plain === undefined || !sides.some(({ encrypted }) => encrypted)) return [];
  return [
    {
      message: 'the REST hop between NGINX and the server stays plaintext, on loopback',
      hint:
        command !== undefined && !hasRestTls(command.flags)
          ? 'the server has no TLS for REST; turn that side off where clients do not need it'
          : 'for a server that takes --rest_certificate_path and its two companions, add --backend-rest-tls',
    },
  ];
}

/** That a server ended before it was ready, with the arguments for TLS that it was given. */
export function refusedFlagsWarning(words: readonly string[]): Warning {
  const flags = words.filter((word) => word.startsWith('--'));
  return {
    message: `the server ended before it was ready; --encrypt-backend gave it ${flags.join(', ')}`,
    hint: 'a server without these flags cannot be served with --encrypt-backend, nor one without REST TLS with --backend-rest-tls',
  };
}

/** That one of the two has ended, and takes the other with it. */
export function endWarning(end: End, leaders: readonly GroupLeader[]): Warning {
  const how = end.signal === null ? `ended with exit status ${end.code}` : `was killed by ${end.signal}`;
  const other = end.who === 'NGINX' ? 'the server is stopped' : 'NGINX is stopped';
  return {
    message: `${end.who} ${how}`,
    hint: leaders.length > 1 ? `${other} with it` : 'it was not ready yet: see what it said above',
  };
}
