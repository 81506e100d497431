import { quote } from '../../errors.js';
import { TRITON_ALLOW, TRITON_PROGRAM, TRITON_TLS, TRITON_TLS_FLAGS } from '../../layouts/triton.js';
import { keyAccessFindings, readPemFile } from './files.js';
import { type FlagFinding, servedFindings, warning, wrong } from './finding.js';
import { type Flags, readFlags } from './flags.js';
import { materialFindings } from './material.js';
import type { KnownServer, ServerFindings } from './server.js';

const { useSsl: USE_SSL, useMutual: USE_MUTUAL, certificate: CERTIFICATE, key: KEY, root: ROOT } = TRITON_TLS;
const { grpc: ALLOW_GRPC, rest: ALLOW_HTTP } = TRITON_ALLOW;

/** NVIDIA Triton Inference Server: gRPC alone has TLS, HTTP has none. */
export const TRITON: KnownServer = {
  name: 'triton',
  programs: [TRITON_PROGRAM],
  images: /(^|\/)tritonserver(:|@|$)/,
  tlsFlags: TRITON_TLS_FLAGS,
  check,
};

async function check(argv: readonly string[]): Promise<ServerFindings> {
  const { values, findings } = readFlags(argv, {
    known: [...TRITON_TLS_FLAGS, ALLOW_HTTP, ALLOW_GRPC],
    spaced: true,
  });
  const mutual = readSwitch(USE_MUTUAL, values, findings) ?? false;
  // The mutual flag turns TLS on by itself.
  const secure = mutual || (readSwitch(USE_SSL, values, findings) ?? false);
  const http = readSwitch(ALLOW_HTTP, values, findings) ?? true;
  readSwitch(ALLOW_GRPC, values, findings);
  if (secure) findings.push(...(await checkMaterial(values, mutual, findings)));
  else findings.push(...plaintextFindings(values));
  if (secure && http) {
    const message = 'REST is in plaintext: Triton has no TLS for HTTP';
    const hint = 'give --allow-http=false, or put TLS in front of it: generate-certs serve';
    findings.push(warning('rest-plaintext', ALLOW_HTTP, message, hint));
  }
  const grpc = secure ? (mutual ? 'mutual-tls' : 'tls') : 'plaintext';
  return { findings, grpc, rest: 'plaintext' };
}

/** `before`: what is already found about the flags themselves. */
async function checkMaterial(
  values: Flags,
  mutual: boolean,
  before: readonly FlagFinding[],
): Promise<FlagFinding[]> {
  const findings: FlagFinding[] = [];
  for (const flag of [CERTIFICATE, KEY]) {
    if (values.has(flag) || before.some((finding) => finding.flag === flag)) continue;
    const message = `TLS is on and ${flag} is not given`;
    findings.push(wrong('pair-incomplete', flag, message, `give ${CERTIFICATE} and ${KEY}`));
  }
  if (mutual && !values.has(ROOT)) {
    const message = `${USE_MUTUAL} is given without ${ROOT}: no client could be let in`;
    findings.push(wrong('ca-missing', ROOT, message, `give ${ROOT}, the CA that signs the clients`));
  }
  const material = {
    certificate: await readPemFile(CERTIFICATE, values.get(CERTIFICATE), findings),
    key: await readPemFile(KEY, values.get(KEY), findings),
    ca: await readPemFile(ROOT, values.get(ROOT), findings),
  };
  if (material.key !== undefined) findings.push(...(await keyAccessFindings(KEY, values.get(KEY) ?? '')));
  findings.push(...(await materialFindings(material)));
  if ([...before, ...findings].some(({ verdict }) => verdict === 'wrong')) return findings;
  return [...findings, ...servedFindings('grpc', mutual ? 'mutual-tls' : 'tls', CERTIFICATE, USE_MUTUAL)];
}

function plaintextFindings(values: Flags): FlagFinding[] {
  const ignored = [CERTIFICATE, KEY, ROOT].filter((flag) => values.has(flag));
  const hint = `give ${USE_SSL}=true, or ${USE_MUTUAL}=true for mutual TLS`;
  if (ignored.length === 0) {
    return [wrong('no-tls', '', 'no TLS flag is given: the endpoint will serve plaintext', hint)];
  }
  return ignored.map((flag) =>
    wrong('flag-ignored', flag, `${flag} is ignored: TLS is off, and gRPC will be served in plaintext`, hint),
  );
}

/** A switch as Triton reads it. */
function readSwitch(flag: string, values: Flags, findings: FlagFinding[]): boolean | undefined {
  const value = values.get(flag);
  if (value === undefined) return undefined;
  if (['true', 'on', '1'].includes(value.toLowerCase())) return true;
  if (!['false', 'off', '0'].includes(value.toLowerCase())) {
    const message = `${quote(value)} of ${flag} is neither true nor false`;
    findings.push(wrong('value-invalid', flag, message, `give ${flag}=true or ${flag}=false`));
  }
  return false;
}
