import { DEFAULT_PASSWORD } from '../pki/formats/default-password.js';

const OPTION = '-Djavax.net.ssl.trustStore';

/** What comes after the file's name: a truststore of roots is no secret. */
const OTHERS = `${OPTION}Type=PKCS12 ${OPTION}Password=${DEFAULT_PASSWORD}`;

/** What {@link withTruststore} has added, by the name of a trust bundle. */
const OWN = new RegExp(
  `\\s*'?${OPTION}=(?:(?!${OPTION})[^\\n])*?ca-bundle-[0-9a-f-]+\\.p12'? ${OTHERS}`,
  'g',
);

/**
 * The variable JAVA_TOOL_OPTIONS with a truststore after what it had: of an option that is there twice, Java takes the
 * last (measured). What an earlier call added goes, so that the variable does not grow.
 */
export function withTruststore(options: string | undefined, path: string): string {
  const others = (options ?? '').replace(OWN, '').trim();
  return `${others === '' ? '' : `${others} `}${quoteOption(`${OPTION}=${path}`)} ${OTHERS}`;
}

/**
 * Java splits the variable at blanks, and takes what is between quotes of either kind as it is, a backslash too
 * (measured with 17 and 25).
 */
function quoteOption(option: string): string {
  return /[\s'"]/.test(option) ? `'${option.replaceAll("'", `'"'"'`)}'` : option;
}
