import { quote } from '../../errors.js';
import { pemMaterial, readGiven } from './files.js';
import { type FlagFinding, servedFindings, warning, wrong } from './finding.js';
import { readFlags } from './flags.js';
import { materialFindings } from './material.js';
import { parseProtobufText } from './protobuf-text.js';
import { isOn, type KnownServer, type ServerFindings } from './server.js';

const CONFIG = '--ssl_config_file';
const REST_PORT = '--rest_api_port';

/** TensorFlow Serving: one file of protobuf text that holds the PEM texts themselves; REST has no TLS. */
export const TENSORFLOW_SERVING: KnownServer = {
  name: 'tensorflow-serving',
  programs: ['tensorflow_model_server'],
  images: /(^|\/)tensorflow\/serving(:|@|$)/,
  tlsFlags: [CONFIG],
  check,
};

async function check(argv: readonly string[]): Promise<ServerFindings> {
  const { values, findings } = readFlags(argv, { known: [CONFIG, REST_PORT], spaced: false });
  const path = values.get(CONFIG);
  if (path === undefined) {
    if (findings.length === 0) {
      const message = 'no TLS flag is given: the endpoint will serve plaintext';
      findings.push(wrong('no-tls', '', message, `give ${CONFIG}=<file>`));
    }
    return { findings, grpc: 'plaintext', rest: 'plaintext' };
  }
  const content = await readGiven(CONFIG, path, findings);
  const mutual = content === undefined ? false : await checkConfig(path, content, findings);
  if (isOn(values.get(REST_PORT))) {
    const message = `REST is in plaintext on port ${values.get(REST_PORT)}, beside gRPC with TLS`;
    const hint = `drop ${REST_PORT}, or put TLS in front of it: generate-certs serve`;
    findings.push(warning('rest-plaintext', REST_PORT, message, hint));
  }
  return { findings, grpc: mutual ? 'mutual-tls' : 'tls', rest: 'plaintext' };
}

/** The fields of TensorFlow Serving's SSLConfig. */
const KEY = 'server_key';
const CERTIFICATE = 'server_cert';
const CA = 'custom_ca';
const CLIENT_VERIFY = 'client_verify';

/** @returns whether client certificates are asked for */
async function checkConfig(path: string, content: Buffer, findings: FlagFinding[]): Promise<boolean> {
  const text = pemMaterial(CONFIG, quote(path), content, findings)?.text;
  if (text === undefined) return false;
  const fields = parseProtobufText(text);
  const unknown = [...(fields?.keys() ?? [])].find(
    (name) => ![KEY, CERTIFICATE, CA, CLIENT_VERIFY].includes(name),
  );
  if (fields === undefined || unknown !== undefined) {
    const what =
      unknown === undefined ? 'is no protobuf text' : `has ${quote(unknown)}, which is no field of it`;
    const hint = `give ${KEY}, ${CERTIFICATE}, ${CA} and ${CLIENT_VERIFY}, each as name: "text"`;
    findings.push(wrong('config-invalid', CONFIG, `${quote(path)} ${what}`, hint));
    return false;
  }
  for (const name of [KEY, CERTIFICATE].filter((field) => (fields.get(field) ?? '') === '')) {
    const message = `${quote(path)} has no ${name}`;
    findings.push(wrong('pair-incomplete', name, message, `give ${KEY} and ${CERTIFICATE}`));
  }
  const mutual = ['true', 't', '1'].includes(fields.get(CLIENT_VERIFY) ?? '');
  const has = (name: string) => (fields.get(name) ?? '') !== '';
  if (mutual && !has(CA)) {
    const message = `${CLIENT_VERIFY} is given without ${CA}: no client of a CA of your own could be let in`;
    findings.push(wrong('ca-missing', CA, message, `give ${CA}, the CA that signs the clients`));
  }
  if (!mutual && has(CA)) {
    const message = `${CA} is ignored without ${CLIENT_VERIFY}`;
    findings.push(warning('flag-ignored', CA, message, `add ${CLIENT_VERIFY}: true for mutual TLS`));
  }
  const material = (name: string) =>
    has(name)
      ? pemMaterial(name, `${name} of ${quote(path)}`, Buffer.from(fields.get(name) ?? ''), findings)
      : undefined;
  const found = await materialFindings({
    certificate: material(CERTIFICATE),
    key: material(KEY),
    ca: material(CA),
  });
  findings.push(...found);
  if (!findings.some(({ verdict }) => verdict === 'wrong')) {
    findings.push(...servedFindings('grpc', mutual ? 'mutual-tls' : 'tls', CONFIG, CLIENT_VERIFY));
  }
  return mutual;
}
