import {
  TLS_FLAGS,
  TLS_PARTS,
  TLS_SIDES,
  type TlsPart,
  type TlsSide,
  tlsFlag,
} from '../../layouts/model-server.js';
import { keyAccessFindings, readPemFile } from './files.js';
import { type FlagFinding, type ServedMode, servedFindings, warning, wrong } from './finding.js';
import { type Flags, readFlags } from './flags.js';
import { materialFindings } from './material.js';
import { isOn, type KnownServer, type ServerFindings } from './server.js';

/** OpenVINO Model Server with native TLS: `--grpc_certificate_path` and its like. */
export const OPENVINO: KnownServer = {
  name: 'openvino',
  programs: ['ovms'],
  images: /(^|\/)(openvino\/)?(model_server|ovms)(:|@|$)/,
  tlsFlags: TLS_FLAGS,
  check,
};

async function check(argv: readonly string[], { restTls }: { restTls: boolean }): Promise<ServerFindings> {
  const known = [...TLS_FLAGS, '--port', '--rest_port'];
  const { values, findings } = readFlags(argv, { known, spaced: true });
  for (const side of TLS_SIDES) {
    const flags = TLS_PARTS.map((part) => tlsFlag(side, part));
    const sound = !findings.some(({ verdict, flag }) => verdict === 'wrong' && flags.includes(flag));
    if (side === 'rest' && !restTls) findings.push(...refusedRestFlags(values));
    else findings.push(...(await checkSide(side, values, sound)));
  }
  const modes = {
    grpc: modeOf('grpc', values),
    rest: restTls ? modeOf('rest', values) : 'plaintext',
  } as const;
  findings.push(...portFindings(values, modes));
  if (!TLS_FLAGS.some((flag) => values.has(flag))) {
    const hint = `give ${tlsFlag('grpc', 'certificate')} and ${tlsFlag('grpc', 'key')}, and ${tlsFlag('grpc', 'ca')} for mutual TLS`;
    findings.push(wrong('no-tls', '', 'no TLS flag is given: the endpoint will serve plaintext', hint));
  }
  return { findings, ...modes };
}

function modeOf(side: TlsSide, values: Flags): ServedMode {
  const has = (part: TlsPart) => values.has(tlsFlag(side, part));
  if (!has('certificate') || !has('key')) return 'plaintext';
  return has('ca') ? 'mutual-tls' : 'tls';
}

/** The build of native gRPC TLS has no TLS in its HTTP server, and does not start with these flags. */
function refusedRestFlags(values: Flags): FlagFinding[] {
  return TLS_PARTS.map((part) => tlsFlag('rest', part))
    .filter((flag) => values.has(flag))
    .map((flag) =>
      wrong(
        'rest-tls-refused',
        flag,
        `the server refuses ${flag} at start: its HTTP server is built without TLS`,
        'generate-certs serve puts TLS in front of it; --rest-tls says that your build has it',
      ),
    );
}

function portFindings(
  values: Flags,
  { grpc, rest }: { readonly grpc: ServedMode; readonly rest: ServedMode },
): FlagFinding[] {
  if (!values.has('--port') && !values.has('--rest_port')) {
    const message = 'neither --port nor --rest_port is given: nothing says where the server listens';
    return [warning('port-missing', '', message, 'give --port for gRPC, --rest_port for REST, or both')];
  }
  if (grpc === 'plaintext' || rest !== 'plaintext' || !isOn(values.get('--rest_port'))) return [];
  const message = `REST is in plaintext on port ${values.get('--rest_port')}, beside gRPC with TLS`;
  const hint = 'drop --rest_port, or put TLS in front of it: generate-certs serve';
  return [warning('rest-plaintext', '--rest_port', message, hint)];
}

/** `sound`: whether nothing was wrong with the flags themselves. */
async function checkSide(side: TlsSide, values: Flags, sound: boolean): Promise<FlagFinding[]> {
  const [certificate, key, ca] = [
    tlsFlag(side, 'certificate'),
    tlsFlag(side, 'key'),
    tlsFlag(side, 'ca'),
  ] as const;
  const given = [certificate, key, ca].filter((flag) => values.has(flag));
  if (given.length === 0) return [];
  const findings: FlagFinding[] = [];
  for (const [flag, other] of [
    [certificate, key],
    [key, certificate],
  ] as const) {
    if (!values.has(flag) || values.has(other)) continue;
    findings.push(
      wrong('pair-incomplete', flag, `${flag} is given without ${other}`, 'give the two together'),
    );
  }
  if (values.has(ca) && !(values.has(certificate) && values.has(key))) {
    const message = `${ca} is given without ${certificate} and ${key}`;
    const hint = 'client certificates are asked for in TLS alone: give all three';
    findings.push(wrong('ca-alone', ca, message, hint));
  }
  const material = {
    certificate: await readPemFile(certificate, values.get(certificate), findings),
    key: await readPemFile(key, values.get(key), findings),
    ca: await readPemFile(ca, values.get(ca), findings),
  };
  if (material.key !== undefined) {
    findings.push(...(await keyAccessFindings(key, values.get(key) ?? '')));
  }
  findings.push(...(await materialFindings(material)));
  const mode = modeOf(side, values);
  const right = sound && !findings.some(({ verdict }) => verdict === 'wrong');
  if (right && mode !== 'plaintext') findings.push(...servedFindings(side, mode, given[0] ?? '', ca));
  return findings;
}
