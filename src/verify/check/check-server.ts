import { checkFlag, readOptions, readTexts } from '../../util/options.js';
import { type FlagFinding, type ServedMode, warning } from './finding.js';
import { OPENVINO } from './openvino.js';
import { recognize } from './server.js';
import { TENSORFLOW_SERVING } from './tensorflow-serving.js';
import { TRITON } from './triton.js';

/**
 * How {@link checkServerFlags} looks at a command line.
 *
 * @example
 * ```ts
 * const options: CheckOptions = { restTls: true };
 * await checkServerFlags(['ovms', '--rest_key_path', 'server.key'], options);
 * ```
 */
export interface CheckOptions {
  /**
   * The server's build has TLS in its HTTP server; without it OpenVINO Model Server refuses the REST flags.
   * @default false
   */
  readonly restTls?: boolean | undefined;
  /**
   * Warnings make the result wrong.
   * @default false
   */
  readonly strict?: boolean | undefined;
}

/**
 * What {@link checkServerFlags} found.
 *
 * @example
 * ```ts
 * const report: FlagReport = await checkServerFlags(['ovms', '--port', '9178']);
 * console.log(report.result);
 * ```
 */
export interface FlagReport {
  /** The server that the command line starts; `null` for one that is not known. */
  readonly server: 'openvino' | 'triton' | 'tensorflow-serving' | null;
  readonly findings: readonly FlagFinding[];
  /** `unknown` for a server whose flags are not known. */
  readonly result: 'right' | 'wrong' | 'unknown';
  /** How each side will be served, as far as the flags say. */
  readonly grpc: ServedMode | 'unknown';
  readonly rest: ServedMode | 'unknown';
}

const SERVERS = [OPENVINO, TRITON, TENSORFLOW_SERVING];

/**
 * Checks the TLS flags of a model server's command line before it starts: of OpenVINO Model Server, Triton and
 * TensorFlow Serving. The files must be there and be what gRPC reads, the key must be the certificate's, the
 * certificate in date, for serving and with its intermediates, the CA a CA. What is in a key file is never part
 * of a finding.
 *
 * @param argv the server's command line: `['ovms', '--grpc_certificate_path', 'server.pem', …]`
 * @throws {@link GenerateCertsError} `ERR_OPTION_INVALID`
 * @example
 * ```ts
 * const { result, findings } = await checkServerFlags(['ovms', '--grpc_key_path=server.key']);
 * ```
 */
export async function checkServerFlags(
  argv: readonly string[],
  options: CheckOptions = {},
): Promise<FlagReport> {
  const given = readOptions(options, ['restTls', 'strict'], '{ strict: true }');
  const restTls = checkFlag('restTls', given.restTls ?? false);
  const strict = checkFlag('strict', given.strict ?? false);
  const words = readTexts('the command line', argv, "['ovms', '--port', '9178']");
  const server = recognize(words, SERVERS);
  if (server === undefined) return UNKNOWN;
  const { findings, grpc, rest } = await server.check(words, { restTls });
  const fails = ({ verdict }: FlagFinding) => verdict === 'wrong' || (strict && verdict === 'warning');
  return { server: server.name, findings, result: findings.some(fails) ? 'wrong' : 'right', grpc, rest };
}

const UNKNOWN: FlagReport = {
  server: null,
  findings: [
    warning(
      'server-unknown',
      '',
      'this server is not known: whether it serves TLS cannot be told from its flags',
      'start it and prove it: generate-certs verify; known are ovms, tritonserver and tensorflow_model_server',
    ),
  ],
  result: 'unknown',
  grpc: 'unknown',
  rest: 'unknown',
};
